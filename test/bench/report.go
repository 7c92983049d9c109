package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"text/tabwriter"
)

// report is all that was found.
type report struct {
	Processors int      `json:"processors"`
	Quick      bool     `json:"quick,omitempty"`
	Rows       []row    `json:"figures"`
	Ratios     []ratio  `json:"ratios"`
	Memory     []memory `json:"memory"`

	largest int
}

// row is a figure of so many objects in one encoding of ours.
type row struct {
	Name  string          `json:"name"`
	Kinds map[string]cell `json:"kinds"`
}

func (line row) empty() bool {
	for _, c := range line.Kinds {
		if c.Samples > 0 {
			return false
		}
	}
	return true
}

// cell is what a row says of a kind.
type cell struct {
	summary
	// Encoding is what the kind was asked for in.
	Encoding string `json:"encoding,omitempty"`
	// NotMeasured says why there are no samples; Failure that there should be.
	NotMeasured string `json:"notMeasured,omitempty"`
	Failure     string `json:"failure,omitempty"`
}

// ratio is our time over theirs: lower is better.
type ratio struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}

func newReport(o options) *report {
	return &report{Processors: runtime.NumCPU(), Quick: o.quick, largest: slices.Max(o.counts)}
}

// add takes up what was measured of a figure.
func (r *report) add(f *figure, count int, outcomes map[variant]*outcome) {
	for _, e := range f.encodings() {
		line := row{Name: f.row(count, e), Kinds: map[string]cell{}}
		for _, k := range kinds {
			v := f.opposite(k, e)
			o := outcomes[v]
			line.Kinds[k.name] = cell{
				summary: summarise(o.samples), Encoding: string(v.encoding),
				NotMeasured: o.missing, Failure: o.failure,
			}
		}
		r.Rows = append(r.Rows, line)
		ours := line.Kinds[storeKind.name]
		for _, k := range []*kind{crdKind, namespaceKind} {
			theirs := line.Kinds[k.name]
			if ours.Samples == 0 || theirs.Samples == 0 {
				continue
			}
			value := ours.Median / theirs.Median
			r.Ratios = append(r.Ratios, ratio{line.Name + "-vs-" + k.name, value})
			if f.once && count == r.largest {
				r.Ratios = append(r.Ratios, ratio{f.name + "-vs-" + k.name, value})
			}
		}
	}
}

// failed tells whether anything that should have been measured was not.
func (r *report) failed() bool {
	return slices.ContainsFunc(r.Rows, func(line row) bool {
		for _, c := range line.Kinds {
			if c.Failure != "" {
				return true
			}
		}
		return false
	})
}

// write prints the report, and writes all of it to a file if one is named.
func (r *report) write(out io.Writer, file string) error {
	if err := r.print(out); err != nil {
		return fmt.Errorf("print report: %w", err)
	}
	if file == "" {
		return nil
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func (r *report) print(out io.Writer) error {
	if len(r.Rows) > 0 {
		fmt.Fprintf(out, "Milliseconds: median, shortest and 90th percentile; kB on the wire. %d processors.\n\n", r.Processors)
	}
	table := tabwriter.NewWriter(out, 0, 0, 1, ' ', tabwriter.AlignRight)
	if len(r.Rows) > 0 {
		fmt.Fprint(table, "figure\t")
		for _, k := range kinds {
			fmt.Fprintf(table, "|  %s\tmin\tp90\tkB\tsamples\t", k.name)
		}
		fmt.Fprintln(table)
	}
	for _, line := range r.Rows {
		if line.empty() {
			continue // What is said of it below is all there is.
		}
		fmt.Fprintf(table, "%s\t", line.Name)
		for _, k := range kinds {
			c := line.Kinds[k.name]
			if c.Samples == 0 {
				fmt.Fprint(table, "|  -\t-\t-\t-\t0\t")
				continue
			}
			fmt.Fprintf(table, "|  %.1f\t%.1f\t%.1f\t%.1f\t%d\t", c.Median, c.Min, c.P90, float64(c.Wire)/1000, c.Samples)
		}
		fmt.Fprintln(table)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	r.printMissing(out)
	r.printMemory(out)
	fmt.Fprintln(out)
	for _, found := range r.Ratios {
		if _, err := fmt.Fprintf(out, "ratio %s %.3f\n", found.Name, found.Value); err != nil {
			return err
		}
	}
	return nil
}

func (r *report) printMissing(out io.Writer) {
	for _, line := range r.Rows {
		for _, k := range kinds {
			c := line.Kinds[k.name]
			switch {
			case c.Failure != "":
				fmt.Fprintf(out, "failed: %s of %s: %s\n", line.Name, k.name, c.Failure)
			case c.NotMeasured != "" && k == storeKind:
				fmt.Fprintf(out, "not measured: %s: %s\n", line.Name, c.NotMeasured)
			case c.NotMeasured != "" && line.Kinds[storeKind.name].NotMeasured == "":
				fmt.Fprintf(out, "not measured: %s of %s: %s\n", line.Name, k.name, c.NotMeasured)
			}
		}
	}
}

func (r *report) printMemory(out io.Writer) {
	if len(r.Memory) > 0 {
		fmt.Fprintln(out)
	}
	for _, m := range r.Memory {
		fmt.Fprintf(out, "memory %s %s %.1f MB resident (peak %.1f, heap %.1f)\n", m.Name, m.Server, m.RSS, m.Peak, m.Heap)
	}
}
