using Akka.Actor;

namespace Akka.TestKit;

public abstract partial class TestKitBase
{
    public T ExpectMsg<T>(TimeSpan? duration = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Done(Expect<T>(RemainingOrDilated(duration), Anything, hint, async: false, cancellationToken));

    public async ValueTask<T> ExpectMsgAsync<T>(TimeSpan? duration = null, string? hint = null, CancellationToken cancellationToken = default) =>
        await Expect<T>(RemainingOrDilated(duration), Anything, hint, async: true, cancellationToken).ConfigureAwait(false);

    public T ExpectMsg<T>(T message, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Done(Expect<T>(RemainingOrDilated(timeout), (actual, _) => _assertions.AssertEqual(message, actual, hint ?? ""), hint, async: false, cancellationToken));

    public async ValueTask<T> ExpectMsgAsync<T>(T message, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        await Expect<T>(RemainingOrDilated(timeout), (actual, _) => _assertions.AssertEqual(message, actual, hint ?? ""), hint, async: true, cancellationToken).ConfigureAwait(false);

    public T ExpectMsg<T>(Predicate<T> isMessage, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Done(Expect<T>(RemainingOrDilated(timeout), (actual, _) => Accept(isMessage(actual), actual, hint), hint, async: false, cancellationToken));

    public async ValueTask<T> ExpectMsgAsync<T>(Predicate<T> isMessage, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        await Expect<T>(RemainingOrDilated(timeout), (actual, _) => Accept(isMessage(actual), actual, hint), hint, async: true, cancellationToken).ConfigureAwait(false);

    public T ExpectMsg<T>(Action<T> assert, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Done(Expect<T>(RemainingOrDilated(timeout), (actual, _) => assert(actual), hint, async: false, cancellationToken));

    public async ValueTask<T> ExpectMsgAsync<T>(Action<T> assert, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        await Expect<T>(RemainingOrDilated(timeout), (actual, _) => assert(actual), hint, async: true, cancellationToken).ConfigureAwait(false);

    public T ExpectMsg<T>(Func<T, IActorRef, bool> isMessageAndSender, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Done(Expect<T>(RemainingOrDilated(timeout), (actual, sender) => Accept(isMessageAndSender(actual, sender), actual, hint), hint, async: false, cancellationToken));

    public async ValueTask<T> ExpectMsgAsync<T>(Func<T, IActorRef, bool> isMessageAndSender, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        await Expect<T>(RemainingOrDilated(timeout), (actual, sender) => Accept(isMessageAndSender(actual, sender), actual, hint), hint, async: true, cancellationToken).ConfigureAwait(false);

    public T ExpectMsg<T>(Action<T, IActorRef> assertMessageAndSender, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Done(Expect<T>(RemainingOrDilated(timeout), assertMessageAndSender, hint, async: false, cancellationToken));

    public async ValueTask<T> ExpectMsgAsync<T>(Action<T, IActorRef> assertMessageAndSender, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        await Expect<T>(RemainingOrDilated(timeout), assertMessageAndSender, hint, async: true, cancellationToken).ConfigureAwait(false);

    public T ExpectMsg<T>(T expected, Func<T, T, bool> comparer, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Done(Expect<T>(RemainingOrDilated(timeout), (actual, _) => _assertions.AssertEqual(expected, actual, comparer, hint ?? ""), hint, async: false, cancellationToken));

    public async ValueTask<T> ExpectMsgAsync<T>(T expected, Func<T, T, bool> comparer, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        await Expect<T>(RemainingOrDilated(timeout), (actual, _) => _assertions.AssertEqual(expected, actual, comparer, hint ?? ""), hint, async: true, cancellationToken).ConfigureAwait(false);

    public Terminated ExpectTerminated(IActorRef target, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        Done(Expect<Terminated>(RemainingOrDilated(timeout), (actual, _) => _assertions.AssertEqual(target, actual.ActorRef, hint ?? ""), hint, async: false, cancellationToken));

    public async ValueTask<Terminated> ExpectTerminatedAsync(IActorRef target, TimeSpan? timeout = null, string? hint = null, CancellationToken cancellationToken = default) =>
        await Expect<Terminated>(RemainingOrDilated(timeout), (actual, _) => _assertions.AssertEqual(target, actual.ActorRef, hint ?? ""), hint, async: true, cancellationToken).ConfigureAwait(false);

    private static void Anything<T>(T actual, IActorRef sender)
    {
        // the type is all that is asked for
    }

    private void Accept(bool accepted, object? actual, string? hint) =>
        _assertions.AssertTrue(accepted, "Failed: The message {0} did not satisfy the condition. {1}", actual ?? "null", hint ?? "");

    private void AcceptSender(bool accepted, IActorRef actual, string? hint) =>
        _assertions.AssertTrue(accepted, "Failed: The sender {0} is not the expected one. {1}", actual ?? (object)"NoSender", hint ?? "");

    /// <summary>The next message, which must be of the type and pass the check.</summary>
    private async Task<T> Expect<T>(TimeSpan timeout, Action<T, IActorRef> check, string? hint, bool async, CancellationToken cancellationToken)
    {
        var envelope = await Receive(timeout, async, cancellationToken).ConfigureAwait(false);
        if (envelope is null)
        {
            _assertions.Fail("Failed: Timeout {0} while waiting for a message of type {1} {2}", timeout, typeof(T), hint ?? "");
            return default!;
        }

        if (envelope.Message is not T typed)
        {
            _assertions.Fail(
                "Failed: Expected a message of type {0}, but received {1} (type {2}) instead from {3} {4}",
                typeof(T), envelope.Message, envelope.Message.GetType(), envelope.Sender ?? (object)"NoSender", hint ?? "");
            return default!;
        }

        check(typed, envelope.Sender);
        return typed;
    }
}
