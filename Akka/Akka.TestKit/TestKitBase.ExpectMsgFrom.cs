using Akka.Actor;

namespace Akka.TestKit;

public abstract partial class TestKitBase
{
    public T ExpectMsgFrom<T>(IActorRef sender, TimeSpan? duration = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Done(Expect<T>(RemainingOrDilated(duration), (_, from) => _assertions.AssertEqual(sender, from, hint ?? ""), hint, async: false, cancellationToken));

    public async ValueTask<T> ExpectMsgFromAsync<T>(IActorRef sender, TimeSpan? duration = null, string? hint = null, CancellationToken cancellationToken = default) =>
        await Expect<T>(RemainingOrDilated(duration), (_, from) => _assertions.AssertEqual(sender, from, hint ?? ""), hint, async: true, cancellationToken).ConfigureAwait(false);

    public T ExpectMsgFrom<T>(IActorRef sender, T message, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Done(Expect<T>(RemainingOrDilated(timeout), (actual, from) =>
        {
            _assertions.AssertEqual(sender, from, hint ?? "");
            _assertions.AssertEqual(message, actual, hint ?? "");
        }, hint, async: false, cancellationToken));

    public async ValueTask<T> ExpectMsgFromAsync<T>(IActorRef sender, T message, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        await Expect<T>(RemainingOrDilated(timeout), (actual, from) =>
        {
            _assertions.AssertEqual(sender, from, hint ?? "");
            _assertions.AssertEqual(message, actual, hint ?? "");
        }, hint, async: true, cancellationToken).ConfigureAwait(false);

    public T ExpectMsgFrom<T>(IActorRef sender, Predicate<T> isMessage, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Done(Expect<T>(RemainingOrDilated(timeout), (actual, from) =>
        {
            _assertions.AssertEqual(sender, from, hint ?? "");
            Accept(isMessage(actual), actual, hint);
        }, hint, async: false, cancellationToken));

    public async ValueTask<T> ExpectMsgFromAsync<T>(IActorRef sender, Predicate<T> isMessage, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        await Expect<T>(RemainingOrDilated(timeout), (actual, from) =>
        {
            _assertions.AssertEqual(sender, from, hint ?? "");
            Accept(isMessage(actual), actual, hint);
        }, hint, async: true, cancellationToken).ConfigureAwait(false);

    public T ExpectMsgFrom<T>(Predicate<IActorRef> isSender, Predicate<T> isMessage, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Done(Expect<T>(RemainingOrDilated(timeout), (actual, from) =>
        {
            AcceptSender(isSender(from), from, hint);
            Accept(isMessage(actual), actual, hint);
        }, hint, async: false, cancellationToken));

    public async ValueTask<T> ExpectMsgFromAsync<T>(Predicate<IActorRef> isSender, Predicate<T> isMessage, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        await Expect<T>(RemainingOrDilated(timeout), (actual, from) =>
        {
            AcceptSender(isSender(from), from, hint);
            Accept(isMessage(actual), actual, hint);
        }, hint, async: true, cancellationToken).ConfigureAwait(false);

    public T ExpectMsgFrom<T>(IActorRef sender, Action<T> assertMessage, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Done(Expect<T>(RemainingOrDilated(timeout), (actual, from) =>
        {
            _assertions.AssertEqual(sender, from, hint ?? "");
            assertMessage(actual);
        }, hint, async: false, cancellationToken));

    public async ValueTask<T> ExpectMsgFromAsync<T>(IActorRef sender, Action<T> assertMessage, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        await Expect<T>(RemainingOrDilated(timeout), (actual, from) =>
        {
            _assertions.AssertEqual(sender, from, hint ?? "");
            assertMessage(actual);
        }, hint, async: true, cancellationToken).ConfigureAwait(false);

    public T ExpectMsgFrom<T>(Action<IActorRef> assertSender, Action<T> assertMessage, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Done(Expect<T>(RemainingOrDilated(timeout), (actual, from) =>
        {
            assertSender(from);
            assertMessage(actual);
        }, hint, async: false, cancellationToken));

    public async ValueTask<T> ExpectMsgFromAsync<T>(Action<IActorRef> assertSender, Action<T> assertMessage, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        await Expect<T>(RemainingOrDilated(timeout), (actual, from) =>
        {
            assertSender(from);
            assertMessage(actual);
        }, hint, async: true, cancellationToken).ConfigureAwait(false);
}
