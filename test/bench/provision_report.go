package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// pooled is all that was measured of a contender at a parallelism.
type pooled struct {
	contender string
	parallel  int
	shops     int
	took      time.Duration
	rates     []float64 // of the rounds, ascending
	each      []time.Duration
	calls     map[call]int
}

func (p *pooled) perSecond() float64 { return float64(p.shops) / p.took.Seconds() }

// pool puts the rounds together.
func pool(batches []batch) []*pooled {
	var all []*pooled
	for _, b := range batches {
		at := slices.IndexFunc(all, func(p *pooled) bool { return p.contender == b.contender && p.parallel == b.parallel })
		if at < 0 {
			at = len(all)
			all = append(all, &pooled{contender: b.contender, parallel: b.parallel, calls: map[call]int{}})
		}
		p := all[at]
		p.shops += len(b.each)
		p.took += b.took
		p.rates = append(p.rates, b.perSecond())
		p.each = append(p.each, b.each...)
		for made, times := range b.calls {
			p.calls[made] += times
		}
	}
	for _, p := range all {
		slices.Sort(p.rates)
		slices.Sort(p.each)
	}
	slices.SortStableFunc(all, func(a, b *pooled) int { return cmp.Compare(a.parallel, b.parallel) })
	return all
}

// callsPerShop sums the requests that a user made, of any user if it is empty.
func (p *pooled) callsPerShop(user string) float64 {
	sum := 0
	for made, times := range p.calls {
		if user == "" || made.user == user {
			sum += times
		}
	}
	return float64(sum) / float64(p.shops)
}

// printProvisioning prints the tables, and a line for each ratio: our shops a
// second over theirs, higher is better.
func printProvisioning(out io.Writer, batches []batch) error {
	all := pool(batches)
	fmt.Fprint(out, "Shops to Ready. Seconds from an order until the shop is ready; API calls by kube-apiserver's audit log.\n\n")
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "parallel\tcontender\tshops\tper second\tby round\tmedian s\tp90 s\tcalls per shop\t")
	for _, p := range all {
		var rates []string
		for _, rate := range p.rates {
			rates = append(rates, fmt.Sprintf("%.2f", rate))
		}
		fmt.Fprintf(table, "%d\t%s\t%d\t%.2f\t%s\t%.2f\t%.2f\t%.1f\t\n", p.parallel, p.contender, p.shops, p.perSecond(), strings.Join(rates, " "),
			quantile(p.each, 0.5).Seconds(), quantile(p.each, 0.9).Seconds(), p.callsPerShop(""))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, p := range all {
		printCalls(out, fmt.Sprintf("API calls per shop, %s, %d at once", p.contender, p.parallel), p.calls, float64(p.shops))
	}
	fmt.Fprintln(out)
	return printProvisioningRatios(out, all)
}

// printCalls prints who asked for what, how often for each of so many.
func printCalls(out io.Writer, title string, calls map[call]int, each float64) {
	byUser := map[string]map[string]int{}
	for made, times := range calls {
		if byUser[made.user] == nil {
			byUser[made.user] = map[string]int{}
		}
		byUser[made.user][made.verb+" "+made.resource] += times
	}
	for _, user := range slices.Sorted(maps.Keys(byUser)) {
		sum := 0
		requests := slices.Collect(maps.Keys(byUser[user]))
		for _, request := range requests {
			sum += byUser[user][request]
		}
		slices.SortFunc(requests, func(a, b string) int {
			return cmp.Or(cmp.Compare(byUser[user][b], byUser[user][a]), strings.Compare(a, b))
		})
		fmt.Fprintf(out, "\n%s, by %s: %.1f\n ", title, user, float64(sum)/each)
		for n, request := range requests {
			if n > 0 {
				fmt.Fprint(out, ",")
			}
			fmt.Fprintf(out, " %s %.2f", request, float64(byUser[user][request])/each)
		}
		fmt.Fprintln(out)
	}
}

func printProvisioningRatios(out io.Writer, all []*pooled) error {
	rate := map[string]map[int]float64{}
	for _, p := range all {
		if rate[p.contender] == nil {
			rate[p.contender] = map[int]float64{}
		}
		rate[p.contender][p.parallel] = p.perSecond()
	}
	for _, parallel := range slices.Sorted(maps.Keys(rate[ours])) {
		for _, other := range []string{ceiling, helm} {
			theirs, measured := rate[other][parallel]
			if !measured {
				continue
			}
			if _, err := fmt.Fprintf(out, "ratio provision-%d-vs-%s %.3f\n", parallel, other, rate[ours][parallel]/theirs); err != nil {
				return err
			}
		}
	}
	return nil
}
