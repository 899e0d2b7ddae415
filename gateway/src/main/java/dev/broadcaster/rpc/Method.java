package dev.broadcaster.rpc;

/** A method of PROTOCOL section 3. Called on the session's thread; answers the call once, now or later. */
interface Method {
    void call(Call call);

    /**
     * True if {@code call} may begin although {@code earlier}, a call of this method, and others that were allowed to
     * follow it are not answered yet. {@link Pipeline} has the rules and the reasons.
     */
    default boolean mayFollow(Call call, Call earlier) {
        return false;
    }

    /** True if a call may begin whatever is not answered yet: it reads and changes nothing of the session. */
    default boolean mayFollowAny() {
        return false;
    }

    /** True if {@code call} may replay messages, which may be many. */
    default boolean replays(Call call) {
        return false;
    }
}
