// Runs the programs of docs/use-it/verify-in-other-languages.md on the conformance vectors. Prints a verdict a line.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
)

type vectorFile struct {
	Now      int64           `json:"now"`
	Issuer   string          `json:"issuer"`
	Audience string          `json:"audience"`
	JWKS     json.RawMessage `json:"jwks"`
	Cases    []struct {
		Name    string          `json:"name"`
		Token   string          `json:"token"`
		JWKS    json.RawMessage `json:"jwks"`
		Entries []Entry         `json:"entries"`
	} `json:"cases"`
}

func main() {
	if os.Args[1] == "follow" {
		follow(os.Args[2], os.Args[4], os.Args[5])
		return
	}
	for _, name := range []string{"tokens", "revocations"} {
		run(name, filepath.Join(os.Args[1], name+".json"))
	}
}

// Prints "fresh" when the revocations are known, and ends when the session is void.
func follow(url, sessionID, userID string) {
	connection, err := nats.Connect(url)
	check(err)
	revocations := Revocations{entries: map[string]Entry{}}
	_, err = revocations.Follow(connection)
	check(err)
	claims := &Claims{SessionID: sessionID}
	claims.Subject = userID
	for said := false; !revocations.Void(claims); time.Sleep(20 * time.Millisecond) {
		if !said && revocations.Fresh() {
			said = true
			fmt.Println("fresh")
		}
	}
	fmt.Println("void")
}

func run(name, path string) {
	text, err := os.ReadFile(path)
	check(err)
	var file vectorFile
	check(json.Unmarshal(text, &file))
	now = func() time.Time { return time.Unix(file.Now, 0) }
	server := httptest.NewServer(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		keys := file.JWKS
		if index, err := strconv.Atoi(request.URL.Path[1:]); err == nil && file.Cases[index].JWKS != nil {
			keys = file.Cases[index].JWKS
		}
		response.Write(keys)
	}))
	defer server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for index, vector := range file.Cases {
		verifier, err := NewVerifier(ctx, file.Issuer, file.Audience, fmt.Sprintf("%s/%d", server.URL, index))
		check(err)
		claims, err := verifier.Verify(ctx, vector.Token)
		revocations := Revocations{entries: map[string]Entry{}}
		for sequence, entry := range vector.Entries {
			revocations.Add(entry, uint64(sequence)+1)
		}
		answer := map[string]any{"file": name, "name": vector.Name, "verdict": "valid"}
		switch {
		case err != nil:
			answer["verdict"], answer["reason"] = "invalid", err.Error()
		case revocations.Void(claims):
			answer["verdict"], answer["reason"] = "invalid", "revoked"
		default:
			answer["subject"], answer["session_id"] = claims.Subject, claims.SessionID
		}
		checkMiddleware(verifier, &revocations, vector.Token, answer["verdict"] == "valid" && claims.SessionID != "")
		line, err := json.Marshal(answer)
		check(err)
		fmt.Println(string(line))
	}
}

// The middleware lets through the users that the verifier finds valid, and nothing while revocations may be missing.
func checkMiddleware(verifier *Verifier, revocations *Revocations, token string, isUser bool) {
	handler := RequireUser(verifier, revocations, http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		response.Write([]byte(UserOf(request).Subject))
	}))
	send := func(authorization string) int {
		request := httptest.NewRequest("GET", "/", nil)
		request.Header.Set("Authorization", authorization)
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		return recorder.Code
	}
	want := map[bool]int{true: 200, false: 401}[isUser]
	stale := map[bool]int{true: 503, false: 401}[isUser]
	if status := send("Bearer " + token); status != stale {
		panic(fmt.Sprintf("status %d while the revocations are not known, expected %d", status, stale))
	}
	revocations.freshAt = time.Now()
	if status := send("bearer " + token); status != want {
		panic(fmt.Sprintf("status %d, expected %d", status, want))
	}
	if status := send(""); status != 401 {
		panic(fmt.Sprintf("status %d without a token", status))
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
