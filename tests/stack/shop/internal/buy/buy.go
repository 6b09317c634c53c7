// Package buy plays the shop's customers and tills: a fixed number of requests a second, whatever the answers are.
package buy

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
)

type config struct {
	rate     int
	proxies  []string
	hosts    []string
	duration time.Duration
	timeout  time.Duration
	events   string
	check    string // DSN of any database of the server
	unproven bool   // the orders are not to be compared
}

func parse(args []string) (config, error) {
	var c config
	var proxies, hosts, check, file string
	flags := flag.NewFlagSet("buy", flag.ContinueOnError)
	flags.IntVar(&c.rate, "rate", 50, "requests a second, all together")
	flags.StringVar(&proxies, "proxies", "", "URLs of the proxies, taken in turn")
	flags.StringVar(&hosts, "hosts", "alma.shop.example,brio.shop.example,cedro.shop.example", "host names of the tenants, taken in turn")
	flags.DurationVar(&c.duration, "duration", 0, "how long; 0: until SIGTERM or SIGINT")
	flags.DurationVar(&c.timeout, "timeout", 5*time.Second, "of one request")
	flags.StringVar(&c.events, "events", "", "file for a line of JSON a second, and one for each failed request")
	flags.StringVar(&check, "check", "OSTLER_PG_OWNER", "environment variable with the DSN to look for the acknowledged orders, or a DSN, or none")
	flags.StringVar(&file, "dsn-file", "", "file with that DSN, instead")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	c.proxies, c.hosts, c.check, c.unproven = fields(proxies), fields(hosts), os.Getenv(check), check == "none"
	if strings.Contains(check, "://") {
		c.check = check
	}
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return c, err
		}
		c.check = strings.TrimSpace(string(text))
	}
	if c.check == "" && !c.unproven { // said now, not after an hour: a run that compares nothing proves nothing
		return c, fmt.Errorf("%s is not set, so no order could be looked for; --check none does without", check)
	}
	if len(c.proxies) == 0 || len(c.hosts) == 0 || c.rate < 1 {
		return c, fmt.Errorf("needs --proxies, --hosts and a --rate of 1 or more")
	}
	return c, nil
}

func fields(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

// Main runs the shoppers. Exit code 0: no request failed and no acknowledged order is lost.
func Main(args []string) int {
	c, err := parse(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "buy:", err)
		return 2
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	if c.duration > 0 {
		ctx, cancel = context.WithTimeout(ctx, c.duration)
		defer cancel()
	}
	book, err := openBook(c.events)
	if err != nil {
		fmt.Fprintln(os.Stderr, "buy:", err)
		return 2
	}
	shop(ctx, c, book)
	sum := book.summary()
	if !c.unproven {
		sum.Compared = true
		if err := compare(c.check, book, &sum); err != nil {
			fmt.Fprintln(os.Stderr, "buy: the orders could not be compared:", err)
			sum.CheckError, sum.Compared = err.Error(), false
		}
	}
	json.NewEncoder(os.Stdout).Encode(sum)
	if sum.Failed > 0 || sum.Lost > 0 || sum.Doubled > 0 || sum.CheckError != "" {
		return 1
	}
	return 0
}

// shop sends requests at the fixed rate and waits for the last answers.
func shop(ctx context.Context, c config, book *book) {
	clients := newClients(c)
	var running sync.WaitGroup
	seconds := time.NewTicker(time.Second)
	defer seconds.Stop()
	tick := time.NewTicker(time.Second / time.Duration(c.rate))
	defer tick.Stop()
	start, sent := time.Now(), 0
	for {
		select {
		case <-ctx.Done():
			running.Wait()
			book.second()
			book.close()
			return
		case <-seconds.C:
			book.second()
		case <-tick.C:
			// A ticker drops ticks when the machine is slow; the rate is kept by counting.
			for due := int(time.Since(start).Seconds() * float64(c.rate)); sent < due; sent++ {
				n := sent
				running.Go(func() { book.answer(clients.request(n)) })
			}
		}
	}
}
