/**
 * One running node seen from outside: every test speaks to it over a socket and knows only the protocol. The kit
 * (TestGateway, RawSocket, WsClient, HttpRaw, Tokens, Json) has full control over each byte and is strict in what it reads.
 */
package dev.broadcaster.blackbox;
