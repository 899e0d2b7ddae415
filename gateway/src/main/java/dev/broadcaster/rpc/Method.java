package dev.broadcaster.rpc;

/** A method of PROTOCOL section 3. Called on the session's thread; answers the call once, now or later. */
interface Method {
    void call(Call call);
}
