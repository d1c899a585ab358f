using System.Collections;

namespace Akka.TestKit;

public abstract partial class TestKitBase
{
    public object FishForMessage(Predicate<object> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default) =>
        FishForMessage<object>(isMessage, max, hint, cancellationToken);

    public ValueTask<object> FishForMessageAsync(
        Predicate<object> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default) =>
        FishForMessageAsync<object>(isMessage, max, hint, cancellationToken);

    public T FishForMessage<T>(Predicate<T> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default) =>
        Done(Fish(isMessage, null, max, hint, async: false, cancellationToken));

    public async ValueTask<T> FishForMessageAsync<T>(
        Predicate<T> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default) =>
        await Fish(isMessage, null, max, hint, async: true, cancellationToken).ConfigureAwait(false);

    public T FishForMessage<T>(
        Predicate<T> isMessage, ArrayList allMessages, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default) =>
        Done(Fish(isMessage, allMessages, max, hint, async: false, cancellationToken));

    public async ValueTask<T> FishForMessageAsync<T>(
        Predicate<T> isMessage, ArrayList allMessages, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default) =>
        await Fish(isMessage, allMessages, max, hint, async: true, cancellationToken).ConfigureAwait(false);

    /// <summary>Takes messages until none has come for a time; gives what it took.</summary>
    public async Task<ArrayList> WaitForRadioSilenceAsync(TimeSpan? max = null, uint? maxMessages = null, CancellationToken cancellationToken = default)
    {
        var silence = GetTimeoutOrDefault(max);
        var taken = new ArrayList();
        while (await Receive(silence, async: true, cancellationToken).ConfigureAwait(false) is { } envelope)
        {
            taken.Add(envelope.Message);
            if (maxMessages is { } limit && taken.Count > limit)
                _assertions.Fail("Failed: {0} messages were received, more than {1}, before there was silence for {2}", taken.Count, limit, silence);
        }

        return taken;
    }

    public object ReceiveOne(TimeSpan? max = null, CancellationToken cancellationToken = default) =>
        Done(Receive(GetTimeoutOrDefault(max), async: false, cancellationToken))?.Message!;

    public async ValueTask<object> ReceiveOneAsync(TimeSpan? max = null, CancellationToken cancellationToken = default) =>
        (await Receive(GetTimeoutOrDefault(max), async: true, cancellationToken).ConfigureAwait(false))?.Message!;

    public bool TryReceiveOne(out MessageEnvelope envelope, TimeSpan? max = null, CancellationToken cancellationToken = default)
    {
        var received = Done(Receive(GetTimeoutOrDefault(max), async: false, cancellationToken));
        envelope = received ?? NullMessageEnvelope.Instance;
        return received is not null;
    }

    public async ValueTask<(bool success, MessageEnvelope envelope)> TryReceiveOneAsync(TimeSpan? max, CancellationToken cancellationToken = default)
    {
        var received = await Receive(GetTimeoutOrDefault(max), async: true, cancellationToken).ConfigureAwait(false);
        return (received is not null, received ?? NullMessageEnvelope.Instance);
    }

    public object PeekOne(TimeSpan? max = null, CancellationToken cancellationToken = default) =>
        Done(Peek(GetTimeoutOrDefault(max), async: false, cancellationToken))?.Message!;

    public async ValueTask<object> PeekOneAsync(TimeSpan? max = null, CancellationToken cancellationToken = default) =>
        (await Peek(GetTimeoutOrDefault(max), async: true, cancellationToken).ConfigureAwait(false))?.Message!;

    public object PeekOne(CancellationToken cancellationToken) => PeekOne(Timeout.InfiniteTimeSpan, cancellationToken);

    public ValueTask<object> PeekOneAsync(CancellationToken cancellationToken) => PeekOneAsync(Timeout.InfiniteTimeSpan, cancellationToken);

    public bool TryPeekOne(out MessageEnvelope envelope, TimeSpan? max, CancellationToken cancellationToken)
    {
        var seen = Done(Peek(GetTimeoutOrDefault(max), async: false, cancellationToken));
        envelope = seen ?? NullMessageEnvelope.Instance;
        return seen is not null;
    }

    public async ValueTask<(bool success, MessageEnvelope envelope)> TryPeekOneAsync(TimeSpan? max, CancellationToken cancellationToken)
    {
        var seen = await Peek(GetTimeoutOrDefault(max), async: true, cancellationToken).ConfigureAwait(false);
        return (seen is not null, seen ?? NullMessageEnvelope.Instance);
    }

    public IReadOnlyList<T> ReceiveWhile<T>(
        TimeSpan? max, Func<object, T?> filter, int msgs = int.MaxValue, CancellationToken cancellationToken = default) where T : class =>
        ReceiveWhile(filter, max, null, msgs, cancellationToken);

    public IAsyncEnumerable<T> ReceiveWhileAsync<T>(
        TimeSpan? max, Func<object, T?> filter, int msgs = int.MaxValue, CancellationToken cancellationToken = default) where T : class =>
        ReceiveWhileAsync(filter, max, null, msgs, cancellationToken);

    public IReadOnlyList<T> ReceiveWhile<T>(
        TimeSpan? max, TimeSpan? idle, Func<object, T?> filter, int msgs = int.MaxValue, CancellationToken cancellationToken = default) where T : class =>
        ReceiveWhile(filter, max, idle, msgs, cancellationToken);

    public IAsyncEnumerable<T> ReceiveWhileAsync<T>(
        TimeSpan? max, TimeSpan? idle, Func<object, T?> filter, int msgs = int.MaxValue, CancellationToken cancellationToken = default) where T : class =>
        ReceiveWhileAsync(filter, max, idle, msgs, cancellationToken);

    /// <summary>Takes messages as long as the filter makes something of them; the first other one stays.</summary>
    public IReadOnlyList<T> ReceiveWhile<T>(
        Func<object, T?> filter, TimeSpan? max = null, TimeSpan? idle = null, int msgs = int.MaxValue, CancellationToken cancellationToken = default)
        where T : class =>
        Done(TakeWhile(message => ByFilter(filter, message), max, idle, msgs, async: false, cancellationToken));

    public IAsyncEnumerable<T> ReceiveWhileAsync<T>(
        Func<object, T?> filter, TimeSpan? max = null, TimeSpan? idle = null, int msgs = int.MaxValue, CancellationToken cancellationToken = default)
        where T : class =>
        Enumerate(TakeWhile(message => ByFilter(filter, message), max, idle, msgs, async: true, cancellationToken), cancellationToken);

    public IReadOnlyList<T> ReceiveWhile<T>(
        Predicate<T> shouldContinue, TimeSpan? max = null, TimeSpan? idle = null, int msgs = int.MaxValue,
        bool shouldIgnoreOtherMessageTypes = true, CancellationToken cancellationToken = default) where T : class =>
        Done(TakeWhile(message => ByType(shouldContinue, shouldIgnoreOtherMessageTypes, message), max, idle, msgs, async: false, cancellationToken));

    public IAsyncEnumerable<T> ReceiveWhileAsync<T>(
        Predicate<T> shouldContinue, TimeSpan? max = null, TimeSpan? idle = null, int msgs = int.MaxValue,
        bool shouldIgnoreOtherMessageTypes = true, CancellationToken cancellationToken = default) where T : class =>
        Enumerate(
            TakeWhile(message => ByType(shouldContinue, shouldIgnoreOtherMessageTypes, message), max, idle, msgs, async: true, cancellationToken),
            cancellationToken);

    public IReadOnlyCollection<object> ReceiveN(int numberOfMessages, CancellationToken cancellationToken = default) =>
        Done(ReceiveMany(numberOfMessages, RemainingOrDefault, async: false, cancellationToken));

    public IAsyncEnumerable<object> ReceiveNAsync(int numberOfMessages, CancellationToken cancellationToken = default) =>
        Enumerate(ReceiveMany(numberOfMessages, RemainingOrDefault, async: true, cancellationToken), cancellationToken);

    public IReadOnlyCollection<object> ReceiveN(int numberOfMessages, TimeSpan max, CancellationToken cancellationToken = default) =>
        Done(ReceiveMany(numberOfMessages, Dilated(max), async: false, cancellationToken));

    public IAsyncEnumerable<object> ReceiveNAsync(int numberOfMessages, TimeSpan max, CancellationToken cancellationToken = default) =>
        Enumerate(ReceiveMany(numberOfMessages, Dilated(max), async: true, cancellationToken), cancellationToken);

    private static (bool Continue, T? Result) ByFilter<T>(Func<object, T?> filter, object message) where T : class
    {
        var result = filter(message);
        return (result is not null, result);
    }

    private static (bool Continue, T? Result) ByType<T>(Predicate<T> shouldContinue, bool ignoreOthers, object message) where T : class =>
        message is T typed ? shouldContinue(typed) ? (true, typed) : (false, null) : (ignoreOthers, null);

    private static TimeSpan Waitable(TimeSpan timeout) =>
        timeout < TimeSpan.Zero || timeout.TotalMilliseconds > int.MaxValue ? Timeout.InfiniteTimeSpan : timeout;

    /// <summary>The next message, or null when none comes in time.</summary>
    private async Task<MessageEnvelope?> Receive(TimeSpan timeout, bool async, CancellationToken cancellationToken)
    {
        var envelope = await _queue.Take(Waitable(timeout), remove: true, async, cancellationToken).ConfigureAwait(false);
        _lastMessage = envelope ?? NullMessageEnvelope.Instance;
        _lastWasNoMessage = envelope is null;
        return envelope;
    }

    private Task<MessageEnvelope?> Peek(TimeSpan timeout, bool async, CancellationToken cancellationToken) =>
        _queue.Take(Waitable(timeout), remove: false, async, cancellationToken);

    private async Task<IReadOnlyList<object>> ReceiveMany(int count, TimeSpan max, bool async, CancellationToken cancellationToken)
    {
        var start = Now;
        var received = new List<object>();
        while (received.Count < count)
        {
            var envelope = await Receive(NotNegative(start + max - Now), async, cancellationToken).ConfigureAwait(false);
            if (envelope is null)
            {
                _assertions.Fail("Timeout ({0}) while expecting {1} messages. Only got {2} after {3}: [{4}]",
                    max, count, received.Count, Now - start, string.Join(", ", received));
                break;
            }

            received.Add(envelope.Message);
        }

        return received;
    }

    private async Task<IReadOnlyList<T>> TakeWhile<T>(
        Func<object, (bool Continue, T? Result)> decide, TimeSpan? max, TimeSpan? idle, int msgs, bool async, CancellationToken cancellationToken)
        where T : class
    {
        var limit = RemainingOrDilated(max);
        var stop = Now + limit;
        var taken = new List<T>();
        while (taken.Count < msgs)
        {
            var wait = NotNegative(stop - Now);
            if (idle is { } pause && pause < wait) wait = pause;
            var envelope = await Peek(wait, async, cancellationToken).ConfigureAwait(false);
            if (envelope is null) break;
            var (goOn, result) = decide(envelope.Message);
            if (!goOn) break;
            await Receive(TimeSpan.Zero, async, cancellationToken).ConfigureAwait(false);
            if (result is not null) taken.Add(result);
        }

        _lastWasNoMessage = true;
        return taken;
    }

    private async Task<T> Fish<T>(
        Predicate<T> isMessage, ArrayList? others, TimeSpan? max, string hint, bool async, CancellationToken cancellationToken)
    {
        var limit = RemainingOrDilated(max);
        var stop = Now + limit;
        while (await Receive(NotNegative(stop - Now), async, cancellationToken).ConfigureAwait(false) is { } envelope)
        {
            if (envelope.Message is T typed && isMessage(typed)) return typed;
            others?.Add(envelope.Message);
        }

        _assertions.Fail("Timeout ({0}) during FishForMessage{1}", limit, string.IsNullOrEmpty(hint) ? "" : ", hint: " + hint);
        return default!;
    }
}
