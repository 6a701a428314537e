package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"strconv"
	"time"
)

// orders is the HTTP interface. Every request has the header `Authorization: Bearer TOKEN`, and is answered with JSON.
//
//	GET /state   what is wanted, and what is
//	PUT /start   starts the program, and answers with the state when it runs
//	PUT /stop    ends the program, and answers with the state when it has ended
//
// An order also has the headers `Attempt`, and `Not-After` in milliseconds since 1970. One that is for another attempt or
// comes later is refused with 409: a call that lands late must not touch what has gone on without it.
type orders struct {
	token, attempt string
	child          *child
}

// refusal is an order that was not carried out, with the HTTP status that its sender gets.
type refusal struct {
	status int
	reason string
}

func (r refusal) Error() string { return r.reason }

var methods = map[string]string{"/state": "GET", "/start": "PUT", "/stop": "PUT"}

func (o orders) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, content := http.StatusOK, any(nil)
	if err := o.carryOut(r); err != nil {
		status, content = http.StatusInternalServerError, map[string]string{"error": err.Error()}
		if refused := (refusal{}); errors.As(err, &refused) {
			status = refused.status
		}
		log.Printf("%d for %s %q from %s: %v", status, r.Method, r.URL.Path, r.RemoteAddr, err)
	} else {
		content = o.child.state()
	}
	switch status {
	case http.StatusUnauthorized:
		w.WriteHeader(status) // Nothing more for whoever has no token.
		return
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", methods[r.URL.Path])
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(content); err != nil {
		log.Printf("the answer to %s %s is not sent: %v", r.Method, r.URL.Path, err)
	}
}

func (o orders) carryOut(r *http.Request) error {
	method, known := methods[r.URL.Path]
	attempt, until := r.Header.Get("Attempt"), r.Header.Get("Not-After")
	switch {
	case !o.knows(r.Header.Get("Authorization")):
		return refusal{http.StatusUnauthorized, "wrong or no token"}
	case !known:
		return refusal{http.StatusNotFound, "there are /state, /start and /stop"}
	case r.Method != method:
		return refusal{http.StatusMethodNotAllowed, "the method is " + method}
	case r.ContentLength != 0:
		return refusal{http.StatusRequestEntityTooLarge, "an order has no body"}
	case r.URL.Path == "/state":
		return nil
	case attempt != o.attempt:
		return refusal{http.StatusConflict, fmt.Sprintf("the order is for attempt %q, and this is %q", attempt, o.attempt)}
	}
	end, err := strconv.ParseInt(until, 10, 64)
	if err != nil {
		return refusal{http.StatusBadRequest, fmt.Sprintf("Not-After is %q; it has the milliseconds since 1970 until which the order may be carried out", until)}
	}
	// Asked when the order's turn has come: it may have waited for another one.
	inTime := func() error {
		if now := time.Now().UnixMilli(); now > end {
			return refusal{http.StatusConflict, fmt.Sprintf("the order came too late: Not-After is %d, and here it is %d", end, now)}
		}
		return nil
	}
	if r.URL.Path == "/start" {
		return o.child.start(inTime)
	}
	return o.child.stop(inTime)
}

// knows compares sums, so that the time it takes tells nothing, not even the length of the token.
func (o orders) knows(authorization string) bool {
	given, wanted := sha256.Sum256([]byte(authorization)), sha256.Sum256([]byte("Bearer "+o.token))
	return subtle.ConstantTimeCompare(given[:], wanted[:]) == 1
}
