// Package pylit reads the Python literals that stand in manifests and field definitions.
package pylit

import (
	"fmt"
	"strconv"
	"strings"
)

// Raw is an expression that is not a literal, such as a name or a lambda.
type Raw string

// Parse reads one literal: dict, list, tuple, string, number, True, False or None.
func Parse(text string) (any, error) {
	p := &parser{s: text}
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	p.space()
	if p.i < len(p.s) {
		return nil, p.fail("text after the literal")
	}
	return v, nil
}

// Args reads the inside of a call: positional values and keyword values.
func Args(text string) (positional []any, keywords map[string]any, err error) {
	p := &parser{s: text, loose: true}
	keywords = map[string]any{}
	for {
		p.space()
		if p.i >= len(p.s) {
			return positional, keywords, nil
		}
		name := p.keyword()
		v, err := p.value()
		if err != nil {
			return nil, nil, err
		}
		if name != "" {
			keywords[name] = v
		} else {
			positional = append(positional, v)
		}
		p.space()
		if p.i < len(p.s) && !p.take(',') {
			return nil, nil, p.fail("expected a comma")
		}
	}
}

type parser struct {
	s     string
	i     int
	loose bool // accept expressions as Raw
}

func (p *parser) fail(what string) error {
	line := 1 + strings.Count(p.s[:min(p.i, len(p.s))], "\n")
	return fmt.Errorf("line %d: %s", line, what)
}

func (p *parser) space() {
	for p.i < len(p.s) {
		switch c := p.s[p.i]; {
		case c == '#':
			for p.i < len(p.s) && p.s[p.i] != '\n' {
				p.i++
			}
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			p.i++
		default:
			return
		}
	}
}

func (p *parser) take(c byte) bool {
	p.space()
	if p.i < len(p.s) && p.s[p.i] == c {
		p.i++
		return true
	}
	return false
}

// keyword takes "name=" when it stands here, else nothing.
func (p *parser) keyword() string {
	j := p.i
	for j < len(p.s) && isWord(p.s[j]) {
		j++
	}
	k := j
	for k < len(p.s) && p.s[k] == ' ' {
		k++
	}
	if j == p.i || k >= len(p.s) || p.s[k] != '=' || (k+1 < len(p.s) && p.s[k+1] == '=') {
		return ""
	}
	name := p.s[p.i:j]
	p.i = k + 1
	return name
}

func (p *parser) value() (any, error) {
	p.space()
	if p.i >= len(p.s) {
		return nil, p.fail("a value is missing")
	}
	switch c := p.s[p.i]; {
	case c == '{':
		return p.dict()
	case c == '[':
		p.i++
		return p.items(']')
	case c == '(':
		p.i++
		return p.items(')')
	case c == '"' || c == '\'':
		return p.strings()
	}
	start := p.i
	for p.i < len(p.s) && (isWord(p.s[p.i]) || p.s[p.i] == '.' || p.s[p.i] == '-' || p.s[p.i] == '+') {
		p.i++
	}
	word := p.s[start:p.i]
	switch word {
	case "True":
		return true, nil
	case "False":
		return false, nil
	case "None":
		return nil, nil
	}
	if n, err := strconv.Atoi(word); err == nil {
		return n, nil
	}
	if f, err := strconv.ParseFloat(word, 64); err == nil {
		return f, nil
	}
	if p.loose {
		p.i = start
		return p.raw(), nil
	}
	return nil, p.fail("not a literal: " + word)
}

// raw takes an expression up to the comma or bracket that ends it.
func (p *parser) raw() Raw {
	start, depth := p.i, 0
	for p.i < len(p.s) {
		switch c := p.s[p.i]; c {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth == 0 {
				return Raw(strings.TrimSpace(p.s[start:p.i]))
			}
			depth--
		case ',':
			if depth == 0 {
				return Raw(strings.TrimSpace(p.s[start:p.i]))
			}
		}
		p.i++
	}
	return Raw(strings.TrimSpace(p.s[start:p.i]))
}

func (p *parser) items(end byte) ([]any, error) {
	list := []any{}
	for !p.take(end) {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if !p.take(',') {
			if p.take(end) {
				break
			}
			return nil, p.fail("expected a comma or " + string(end))
		}
	}
	return list, nil
}

func (p *parser) dict() (map[string]any, error) {
	p.i++
	d := map[string]any{}
	for !p.take('}') {
		k, err := p.value()
		if err != nil {
			return nil, err
		}
		key, ok := k.(string)
		if !ok {
			return nil, p.fail("a key that is no string")
		}
		if !p.take(':') {
			return nil, p.fail("expected a colon")
		}
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		d[key] = v
		if !p.take(',') {
			if p.take('}') {
				break
			}
			return nil, p.fail("expected a comma or }")
		}
	}
	return d, nil
}

// strings reads one string, and joins those that follow it directly.
func (p *parser) strings() (string, error) {
	var b strings.Builder
	for {
		p.space()
		if p.i >= len(p.s) || (p.s[p.i] != '"' && p.s[p.i] != '\'') {
			return b.String(), nil
		}
		quote := p.s[p.i : p.i+1]
		if strings.HasPrefix(p.s[p.i:], strings.Repeat(quote, 3)) {
			quote = strings.Repeat(quote, 3)
		}
		p.i += len(quote)
		for !strings.HasPrefix(p.s[p.i:], quote) {
			if p.i >= len(p.s) {
				return "", p.fail("a string does not end")
			}
			if p.s[p.i] == '\\' && p.i+1 < len(p.s) {
				p.i++
				switch p.s[p.i] {
				case 'n':
					b.WriteByte('\n')
				case 't':
					b.WriteByte('\t')
				case '\n':
				default:
					b.WriteByte(p.s[p.i])
				}
			} else {
				b.WriteByte(p.s[p.i])
			}
			p.i++
		}
		p.i += len(quote)
	}
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
