/**
 * One running node seen from outside: every test uses sockets and only the protocol. The kit (TestGateway, RawSocket,
 * WsClient, HttpRaw, Tokens, Json) controls each sent byte and checks received bytes strictly.
 */
package dev.broadcaster.blackbox;
