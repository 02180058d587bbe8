// The franz-go client of the transactions suite; commands and output as in transactions-java/Transactions.java. It commits no
// offsets: franz-go does that for members of a group alone.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	records    = 5
	partitions = 3
)

func main() {
	log.SetFlags(0)
	args := os.Args[2:]
	if os.Args[1] == "write" {
		count, err := strconv.Atoi(args[4])
		check(err)
		write(args[0], args[1], args[2], count)
	} else {
		quiet, err := strconv.Atoi(args[3])
		check(err)
		read(args[0], args[1], time.Duration(quiet)*time.Millisecond)
	}
}

func write(bootstrap, topic, id string, count int) {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(bootstrap, ",")...),
		kgo.TransactionalID(id),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
	)
	check(err)
	defer client.Close()
	ctx := context.Background()
	for index := 0; index < count; index++ {
		check(client.BeginTransaction())
		for record := 0; record < records; record++ {
			client.Produce(ctx, &kgo.Record{
				Topic:     topic,
				Partition: int32((index + record) % partitions),
				Key:       []byte(fmt.Sprintf("k%d", record)),
				Value:     []byte(fmt.Sprintf("%d-%d", index, record)),
			}, func(_ *kgo.Record, err error) { check(err) })
		}
		check(client.Flush(ctx))
		check(client.EndTransaction(ctx, kgo.TransactionEndTry(index%3 != 2)))
	}
}

func read(bootstrap, topic string, quiet time.Duration) {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(bootstrap, ",")...),
		kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.FetchMaxWait(100*time.Millisecond),
	)
	check(err)
	defer client.Close()
	for last := time.Now(); time.Since(last) < quiet; {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		fetches := client.PollFetches(ctx)
		cancel()
		for _, fault := range fetches.Errors() {
			if !errors.Is(fault.Err, context.DeadlineExceeded) {
				check(fault.Err)
			}
		}
		fetches.EachRecord(func(record *kgo.Record) {
			fmt.Printf("%d\t%s\n", record.Partition, record.Value)
			last = time.Now()
		})
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
