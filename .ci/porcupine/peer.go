// The peer of the benchmark: Porcupine's verdict on each file, and the CPU time that it took.
//
//	peer register|key-value|key-value-whole TIMEOUT FILE...
//
// A register's file has lines of process, type, function and value, in which a failed
// cas saw another value; a key-value file has a map a line. Prints a line a file: its name, the
// verdict, milliseconds of process CPU time (the least of several checks where they are short), and
// the megabytes allocated.
package main

import (
	"bufio"
	"fmt"
	"hash/maphash"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/anishathalye/porcupine"
)

type registerInput struct {
	f          byte // r, w, c
	value, new int
}

type registerOutput struct {
	unknown bool // the operation never answered
	did     bool
	value   int
}

// The initial value.
const absent = -1 << 31

var register = porcupine.Model{
	Init: func() interface{} { return absent },
	Step: func(state, input, output interface{}) (bool, interface{}) {
		value, in, out := state.(int), input.(registerInput), output.(registerOutput)
		switch in.f {
		case 'r':
			return out.unknown || out.value == value, value
		case 'w':
			return true, in.value
		}
		if out.unknown {
			if in.value == value {
				return true, in.new
			}
			return true, value
		}
		if out.did != (in.value == value) {
			return false, value
		}
		if out.did {
			return true, in.new
		}
		return true, value
	},
}

type textInput struct {
	f          byte // g, p, a
	key, value string
}

var texts = porcupine.Model{
	PartitionEvent: func(events []porcupine.Event) [][]porcupine.Event {
		byKey := map[string][]porcupine.Event{}
		keys := map[int]string{}
		order := []string{}
		for _, event := range events {
			if event.Kind == porcupine.CallEvent {
				keys[event.Id] = event.Value.(textInput).key
			}
			key := keys[event.Id]
			if byKey[key] == nil {
				order = append(order, key)
			}
			byKey[key] = append(byKey[key], event)
		}
		parts := [][]porcupine.Event{}
		for _, key := range order {
			parts = append(parts, byKey[key])
		}
		return parts
	},
	Init: func() interface{} { return "" },
	Step: func(state, input, output interface{}) (bool, interface{}) {
		text, in := state.(string), input.(textInput)
		switch in.f {
		case 'g':
			return output.(string) == text, text
		case 'p':
			return true, in.value
		}
		return true, text + in.value
	},
	Hash: hash,
}

var seed = maphash.MakeSeed()

func hash(state interface{}) uint64 { return maphash.String(seed, state.(string)) }

// All keys in one object, whose state is the texts in the order of the keys.
func whole(keys []string) porcupine.Model {
	place := map[string]int{}
	for i, key := range keys {
		place[key] = i
	}
	return porcupine.Model{
		Init: func() interface{} { return strings.Repeat("\x00", len(keys)) },
		Step: func(state, input, output interface{}) (bool, interface{}) {
			parts := strings.Split(state.(string), "\x00")
			in := input.(textInput)
			i := place[in.key]
			switch in.f {
			case 'g':
				return output.(string) == parts[i], state
			case 'p':
				parts[i] = in.value
			default:
				parts[i] += in.value
			}
			return true, strings.Join(parts, "\x00")
		},
		Hash: hash,
	}
}

var logLine = regexp.MustCompile(` - (\d+)\s+(:\w+)\s+(:\w+)\s+(.*)$`)

func readRegister(path string) []porcupine.Event {
	file, err := os.Open(path)
	if err != nil {
		panic(err)
	}
	defer file.Close()
	events := []porcupine.Event{}
	type pending struct {
		id int
		in registerInput
	}
	open := map[string]pending{}
	late := []porcupine.Event{}
	id := 0
	number := func(text string) int {
		if text == "nil" {
			return absent
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			panic(path + ": " + text)
		}
		return n
	}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		fields := logLine.FindStringSubmatch(lines.Text())
		if fields == nil {
			continue
		}
		process, kind, f, value := fields[1], fields[2], fields[3], fields[4]
		if kind == ":invoke" {
			in := registerInput{f: f[1]}
			switch f {
			case ":write":
				in.value = number(value)
			case ":cas":
				pair := strings.Fields(strings.Trim(value, "[]"))
				in.value, in.new = number(pair[0]), number(pair[1])
			}
			open[process] = pending{id, in}
			events = append(events, porcupine.Event{Kind: porcupine.CallEvent, Value: in, Id: id})
			id++
			continue
		}
		of, known := open[process]
		if !known {
			continue
		}
		out := registerOutput{did: kind == ":ok"}
		if value == ":timed-out" {
			out.unknown = true
		} else if of.in.f == 'r' {
			out.value = number(value)
		}
		event := porcupine.Event{Kind: porcupine.ReturnEvent, Value: out, Id: of.id}
		if out.unknown && of.in.f != 'r' {
			late = append(late, event)
		} else {
			events = append(events, event)
		}
		delete(open, process)
	}
	for _, of := range open {
		late = append(late, porcupine.Event{
			Kind: porcupine.ReturnEvent, Value: registerOutput{unknown: true}, Id: of.id})
	}
	return append(events, late...)
}

var line = regexp.MustCompile(
	`:process (\d+), :type :(\w+), :f :(\w+), :key "([^"]*)", :value (nil|"([^"]*)")`)

func readTexts(path string) ([]porcupine.Event, []string) {
	file, err := os.Open(path)
	if err != nil {
		panic(err)
	}
	defer file.Close()
	events := []porcupine.Event{}
	open := map[string]int{}
	seen := map[string]bool{}
	keys := []string{}
	id := 0
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		part := line.FindStringSubmatch(lines.Text())
		if part == nil {
			continue
		}
		if !seen[part[4]] {
			seen[part[4]] = true
			keys = append(keys, part[4])
		}
		if part[2] == "invoke" {
			open[part[1]] = id
			events = append(events, porcupine.Event{Kind: porcupine.CallEvent,
				Value: textInput{part[3][0], part[4], part[6]}, Id: id})
			id++
		} else {
			events = append(events, porcupine.Event{Kind: porcupine.ReturnEvent,
				Value: part[6], Id: open[part[1]]})
		}
	}
	return events, keys
}

func milliseconds() float64 {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e6
}

func main() {
	timeout, err := time.ParseDuration(os.Args[2])
	if err != nil {
		panic(err)
	}
	for _, path := range os.Args[3:] {
		model := register
		var events []porcupine.Event
		var keys []string
		if os.Args[1] == "register" {
			events = readRegister(path)
		} else {
			events, keys = readTexts(path)
			model = texts
			if os.Args[1] == "key-value-whole" {
				model = whole(keys)
			}
		}
		least, total, rounds := 0.0, 0.0, 0
		var result porcupine.CheckResult
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for rounds == 0 || (total < 100 && rounds < 100) {
			began := milliseconds()
			// Short ones are shorter than the clock's tick: many in one reading.
			repeats := 1
			if rounds > 0 && least < 1 {
				repeats = 50
			}
			for i := 0; i < repeats; i++ {
				result = porcupine.CheckEventsTimeout(model, events, timeout)
			}
			spent := milliseconds() - began
			total += spent
			spent /= float64(repeats)
			if rounds == 0 {
				runtime.ReadMemStats(&after)
			}
			if rounds == 0 || spent < least {
				least = spent
			}
			rounds++
		}
		fmt.Printf("%s\t%s\t%.4f\t%.1f\n", path, result, least,
			float64(after.TotalAlloc-before.TotalAlloc)/1e6)
	}
}
