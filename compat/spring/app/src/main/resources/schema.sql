create table if not exists stock (product varchar primary key, quantity int not null);
create table if not exists sales (payment varchar primary key, product varchar not null, amount int not null);
merge into stock key (product) select 'horn', 10000 where not exists (select 1 from stock where product = 'horn');
merge into stock key (product) select 'hat', 10000 where not exists (select 1 from stock where product = 'hat');
