import { rmSync } from 'node:fs';
import sqlite from 'node-sqlite3-wasm';
import type { PaymentCompleted } from './payment-completed.ts';

type Row = Readonly<Record<string, unknown>>;

/** There is no such product: trying again would not help. */
export class UnknownProduct extends Error {
  override name = 'UnknownProduct';
}

/** Stock and sales, in a file of SQLite. */
export class Books {
  readonly #database: InstanceType<typeof sqlite.Database>;

  constructor(file: string) {
    // The lock of a process that was killed stays behind; these books belong to one service, which is us.
    rmSync(`${file}.lock`, { recursive: true, force: true });
    this.#database = new sqlite.Database(file);
    this.#database.exec(`
      create table if not exists stock (product text primary key, quantity integer not null);
      create table if not exists sales (payment text primary key, product text not null, amount integer not null);
    `);
  }

  receive(product: string, quantity: number): void {
    this.#database.run('insert into stock values (?, ?)', [product, quantity]);
  }

  /**
   * Books a payment, both sides or neither; false when it was booked before. The payment's id is the key of its sale, so the database itself
   * sees to it that a record that comes twice counts once.
   */
  book({ paymentId, product, quantity, amount }: PaymentCompleted): boolean {
    this.#database.exec('begin');
    try {
      const sale = [paymentId, product, amount];
      const { changes } = this.#database.run('insert into sales values (?, ?, ?) on conflict do nothing', sale);
      if (changes > 0) {
        const taken = this.#database.run('update stock set quantity = quantity - ? where product = ?', [
          quantity,
          product,
        ]);
        if (taken.changes === 0) throw new UnknownProduct(`there is no product ${product}`);
      }
      this.#database.exec('commit');
      return changes > 0;
    } catch (error) {
      this.#database.exec('rollback');
      throw error;
    }
  }

  get stock(): Map<string, number> {
    const rows = this.#database.all('select product, quantity from stock order by product') as Row[];
    return new Map(rows.map(({ product, quantity }) => [String(product), Number(quantity)]));
  }

  get sales(): { readonly count: number; readonly amount: number } {
    const row = this.#database.get('select count(*) as count, coalesce(sum(amount), 0) as amount from sales') as Row;
    return { count: Number(row['count']), amount: Number(row['amount']) };
  }

  close(): void {
    this.#database.close();
  }
}
