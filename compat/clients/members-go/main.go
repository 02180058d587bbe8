// The franz-go client of the group histories; commands and output as in members-java/Members.java.
package main

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// So long is a poll worked on before its offsets are committed: room for a kill in between.
const work = 40 * time.Millisecond

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
	if len(os.Args) != 8 || os.Args[1] != "member" {
		log.Fatal("member BOOTSTRAP GROUP PROTOCOL NAME TOPIC SESSION_MS")
	}
	member(os.Args[2], os.Args[3], os.Args[4], os.Args[5], os.Args[6], os.Args[7])
}

func member(bootstrap, group, protocol, name, topic, session string) {
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
	client, err := kgo.NewClient(
		kgo.SeedBrokers(bootstrap),
		kgo.ConsumerGroup(group),
		kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.Balancers(balancer),
		kgo.SessionTimeout(time.Duration(sessionMs)*time.Millisecond),
		kgo.HeartbeatInterval(500*time.Millisecond),
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(),
		kgo.OnPartitionsAssigned(tell("gained")),
		kgo.OnPartitionsRevoked(tell("revoked")),
		kgo.OnPartitionsLost(tell("lost")),
	)
	check(err)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
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
			time.Sleep(work)
			commit(client, name, group, strconv.Itoa(number), next)
		}
		client.AllowRebalance()
	}
	client.CloseAllowingRebalance()
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
