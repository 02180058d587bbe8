// The franz-go client of the group histories; commands and output as in members-java/Members.java.
package main

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"math/rand"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// So long is a poll worked on before its offsets are committed: room for a kill in between.
var workTime = readWorkTime()

type fields map[string]any

var out sync.Mutex

func say(kind, client string, more fields) {
	event := fields{"atMs": time.Now().UnixMilli(), "type": kind, "client": client}
	for name, value := range more {
		event[name] = value
	}
	line, err := json.Marshal(event)
	check(err)
	out.Lock()
	defer out.Unlock()
	_, err = os.Stdout.Write(append(line, '\n'))
	check(err)
}

func main() {
	log.SetFlags(0)
	switch {
	case len(os.Args) == 8 && os.Args[1] == "member":
		member(os.Args[3], os.Args[5], settings())
	case len(os.Args) == 10 && os.Args[1] == "work":
		work(os.Args[3], os.Args[5], os.Args[8], os.Args[9], settings())
	default:
		log.Fatal("member|work BOOTSTRAP GROUP PROTOCOL NAME TOPIC SESSION_MS [TRANSACTIONAL_ID TO]")
	}
}

func settings() []kgo.Opt {
	bootstrap, group, protocol, name, topic, session := os.Args[2], os.Args[3], os.Args[4], os.Args[5], os.Args[6], os.Args[7]
	sessionMs, err := strconv.Atoi(session)
	check(err)
	tell := func(kind string) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, client *kgo.Client, places map[string][]int32) {
			_, epoch := client.GroupMetadata()
			for topic, partitions := range places {
				for _, partition := range partitions {
					say(kind, name, fields{"group": group, "topic": topic, "partition": partition, "epoch": epoch})
				}
			}
		}
	}
	balancer := kgo.RangeBalancer()
	if protocol == "cooperative" {
		balancer = kgo.CooperativeStickyBalancer()
	}
	return []kgo.Opt{
		kgo.SeedBrokers(strings.Split(bootstrap, ",")...),
		kgo.ConsumerGroup(group),
		kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.Balancers(balancer),
		kgo.SessionTimeout(time.Duration(sessionMs) * time.Millisecond),
		kgo.HeartbeatInterval(500 * time.Millisecond),
		kgo.OnPartitionsAssigned(tell("gained")),
		kgo.OnPartitionsRevoked(tell("revoked")),
		kgo.OnPartitionsLost(tell("lost")),
	}
}

func untilInputEnds() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	return ctx
}

func member(group, name string, options []kgo.Opt) {
	client, err := kgo.NewClient(append(options, kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll())...)
	check(err)
	ctx := untilInputEnds()
	for number := 0; ctx.Err() == nil; number++ {
		next := map[string]map[int32]kgo.EpochOffset{}
		client.PollRecords(ctx, 100).EachRecord(func(record *kgo.Record) {
			say("poll", name, fields{"group": group, "topic": record.Topic, "partition": record.Partition,
				"offset": record.Offset, "value": string(record.Value), "isolation": "read_uncommitted"})
			if next[record.Topic] == nil {
				next[record.Topic] = map[int32]kgo.EpochOffset{}
			}
			next[record.Topic][record.Partition] = kgo.EpochOffset{Epoch: record.LeaderEpoch, Offset: record.Offset + 1}
		})
		if len(next) > 0 {
			time.Sleep(workTime)
			commit(client, name, group, strconv.Itoa(number), next)
		}
		client.AllowRebalance()
	}
	client.CloseAllowingRebalance()
}

// Makes of each record one record of another topic, in transactions with the offsets.
func work(group, name, transactionalID, to string, options []kgo.Opt) {
	session, err := kgo.NewGroupTransactSession(append(options,
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.TransactionalID(transactionalID),
		kgo.TransactionTimeout(8*time.Second),
		kgo.RequireStableFetchOffsets(),
	)...)
	check(err)
	ctx := untilInputEnds()
	luck := rand.New(rand.NewSource(int64(len(name))))
	for number := 0; ctx.Err() == nil; number++ {
		records := session.PollRecords(ctx, 100).Records()
		if len(records) > 0 {
			transact(session, group, name, name+":"+strconv.Itoa(number), to, records, luck.Intn(6) != 0)
		}
	}
	session.Close()
}

func transact(session *kgo.GroupTransactSession, group, name, transaction, to string, records []*kgo.Record, keep bool) {
	replaceOn(session.Begin())
	say("begin", name, fields{"transaction": transaction})
	for index, record := range records {
		say("poll", name, fields{"group": group, "topic": record.Topic, "partition": record.Partition,
			"offset": record.Offset, "value": string(record.Value), "isolation": "read_committed"})
		value := transaction + "." + strconv.Itoa(index)
		say("send", name, fields{"topic": to, "key": string(record.Key), "value": value, "transaction": transaction, "source": string(record.Value)})
		session.Produce(context.Background(), &kgo.Record{Topic: to, Key: record.Key, Value: []byte(value)}, func(written *kgo.Record, err error) {
			if err != nil {
				say("unknown", name, fields{"value": value})
				return
			}
			say("acknowledged", name, fields{"value": value, "partition": written.Partition, "offset": written.Offset})
		})
	}
	time.Sleep(workTime)
	if keep {
		say("commitAsked", name, fields{"transaction": transaction})
	}
	committed, err := session.End(context.Background(), kgo.TransactionEndTry(keep))
	switch {
	case err != nil:
		say("undecided", name, fields{"transaction": transaction})
		replaceOn(err)
	case committed:
		say("committed", name, fields{"transaction": transaction})
	default:
		say("aborted", name, fields{"transaction": transaction})
		for _, record := range records {
			say("gained", name, fields{"group": group, "topic": record.Topic, "partition": record.Partition, "epoch": -1})
		}
	}
}

func readWorkTime() time.Duration {
	ms, err := strconv.Atoi(os.Getenv("WORK_MS"))
	if err != nil {
		ms = 40
	}
	return time.Duration(ms) * time.Millisecond
}

// Ends in a way that asks for another worker in its place.
func replaceOn(err error) {
	if err != nil {
		log.Print(err)
		os.Exit(3)
	}
}

func commit(client *kgo.Client, name, group, number string, next map[string]map[int32]kgo.EpochOffset) {
	var offsets []fields
	for topic, partitions := range next {
		for partition, each := range partitions {
			offsets = append(offsets, fields{"topic": topic, "partition": partition, "offset": each.Offset})
		}
	}
	_, epoch := client.GroupMetadata()
	say("offsetsAsked", name, fields{"group": group, "commit": number, "epoch": epoch, "offsets": offsets})
	answer := "offsetsUnknown"
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	client.CommitOffsetsSync(ctx, next, func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, response *kmsg.OffsetCommitResponse, err error) {
		if err != nil || response == nil {
			return
		}
		answer = "offsetsDone"
		for _, topic := range response.Topics {
			for _, partition := range topic.Partitions {
				if kerr.ErrorForCode(partition.ErrorCode) != nil {
					answer = "offsetsFailed"
				}
			}
		}
	})
	say(answer, name, fields{"commit": number})
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
