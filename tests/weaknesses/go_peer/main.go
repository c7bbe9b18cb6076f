// A store of github.com/99designs/keyring in a process of its own: `peer SETTINGS`, a JSON object.
//
// Each line on stdin is a call [operation, service, user, value], each line on
// stdout its answer, as in ../peer_program.py. The key of an item is its user.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/99designs/keyring"
)

type settings struct {
	Backend    string `json:"backend"`
	Dir        string `json:"dir"`
	Prefix     string `json:"prefix"`
	Passphrase string `json:"passphrase"`
}

func open(wanted settings) (keyring.Keyring, error) {
	return keyring.Open(keyring.Config{
		AllowedBackends:  []keyring.BackendType{keyring.BackendType(wanted.Backend)},
		FileDir:          wanted.Dir,
		FilePasswordFunc: keyring.FixedStringPrompt(wanted.Passphrase),
		PassPrefix:       wanted.Prefix,
	})
}

func call(ring keyring.Keyring, words []string) (any, error) {
	switch key, value := words[2], words[3]; words[0] {
	case "get":
		item, err := ring.Get(key)
		if err == keyring.ErrKeyNotFound {
			return nil, nil
		}
		return string(item.Data), err
	case "put":
		return nil, ring.Set(keyring.Item{Key: key, Data: []byte(value)})
	case "delete":
		return nil, ring.Remove(key)
	case "names":
		return ring.Keys()
	}
	return nil, fmt.Errorf("no such operation: %s", words[0])
}

func main() {
	var wanted settings
	if err := json.Unmarshal([]byte(os.Args[1]), &wanted); err != nil {
		panic(err)
	}
	ring, failed := open(wanted)
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var words []string
		if err := json.Unmarshal(line, &words); err != nil {
			panic(err)
		}
		answer := map[string]any{}
		if failed != nil {
			answer["error"] = failed.Error()
		} else if value, err := call(ring, words); err != nil {
			answer["error"] = err.Error()
		} else {
			answer["value"] = value
		}
		text, err := json.Marshal(answer)
		if err != nil {
			panic(err)
		}
		fmt.Println(string(text))
	}
}
