// The franz-go client of the matrix; commands, files and output as in orders-java/Orders.java.
package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

var codecs = map[string]kgo.CompressionCodec{
	"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
	"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
}

func main() {
	log.SetFlags(0)
	command, bootstrap, rest := os.Args[1], os.Args[2], os.Args[3:]
	switch command {
	case "produce":
		if _, failed := send(bootstrap, rest[0], rest[1], rest[2], 0); failed > 0 {
			log.Fatalf("%d records failed", failed)
		}
	case "serve":
		serve(bootstrap)
	case "consume":
		rack := ""
		if len(rest) > 2 {
			rack = rest[2]
		}
		consume(bootstrap, rest[0], strings.Split(rest[1], ","), rack)
	default:
		log.Fatalf("no command %s", command)
	}
}

func send(bootstrap, topic, codec, path string, rate int) (acked, failed int64) {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(bootstrap, ",")...),
		kgo.ProducerBatchCompression(codecs[codec]),
		kgo.ProducerLinger(5*time.Millisecond),
		kgo.RecordRetries(1<<30),
		kgo.MetadataMinAge(50*time.Millisecond),
		kgo.RetryBackoffFn(func(int) time.Duration { return 50 * time.Millisecond }),
	)
	check(err)
	defer client.Close()
	data, err := os.ReadFile(path)
	check(err)
	ctx, began := context.Background(), time.Now()
	for sent, line := range bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n")) {
		client.Produce(ctx, recordOf(topic, line), func(_ *kgo.Record, err error) {
			if err == nil {
				atomic.AddInt64(&acked, 1)
			} else {
				log.Print(err)
				atomic.AddInt64(&failed, 1)
			}
		})
		if rate > 0 {
			if ahead := time.Duration(sent)*time.Second/time.Duration(rate) - time.Since(began); ahead > 2*time.Millisecond {
				time.Sleep(ahead)
			}
		}
	}
	check(client.Flush(ctx))
	return acked, failed
}

func recordOf(topic string, line []byte) *kgo.Record {
	part := bytes.SplitN(line, []byte("\t"), 4)
	ms, err := strconv.ParseInt(string(part[1]), 10, 64)
	check(err)
	record := &kgo.Record{Topic: topic, Key: part[0], Value: part[3], Timestamp: time.UnixMilli(ms)}
	for _, pair := range bytes.Split(part[2], []byte(",")) {
		name, value, _ := bytes.Cut(pair, []byte("="))
		record.Headers = append(record.Headers, kgo.RecordHeader{Key: string(name), Value: value})
	}
	return record
}

func serve(bootstrap string) {
	fmt.Println("ready")
	for jobs := bufio.NewScanner(os.Stdin); jobs.Scan(); {
		job := strings.Fields(jobs.Text())
		rate, err := strconv.Atoi(job[3])
		check(err)
		acked, failed := send(bootstrap, job[0], job[1], job[2], rate)
		fmt.Println("done", acked, failed)
	}
}

func consume(bootstrap, group string, topics []string, rack string) {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(bootstrap, ",")...),
		kgo.ConsumerGroup(group),
		kgo.Rack(rack),
		// It leaves a follower that is gone only when it looks again.
		kgo.RecheckPreferredReplicaInterval(2*time.Second),
		kgo.ConsumeTopics(topics...),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
	)
	check(err)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	out := bufio.NewWriterSize(os.Stdout, 1<<16)
	for ctx.Err() == nil {
		client.PollFetches(ctx).EachRecord(func(record *kgo.Record) { show(out, record) })
		check(out.Flush())
	}
	client.Close()
}

func show(out *bufio.Writer, record *kgo.Record) {
	fmt.Fprintf(out, "%s\t%d\t%d\t%s\t%d\t", record.Topic, record.Partition, record.Offset, record.Key, record.Timestamp.UnixMilli())
	for index, header := range record.Headers {
		if index > 0 {
			_ = out.WriteByte(',')
		}
		fmt.Fprintf(out, "%s=%s", header.Key, header.Value)
	}
	_ = out.WriteByte('\t')
	_, _ = out.Write(record.Value)
	_ = out.WriteByte('\n')
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
