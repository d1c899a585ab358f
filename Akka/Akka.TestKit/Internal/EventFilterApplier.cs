using Akka.Actor;
using Akka.TestKit.TestEvent;

namespace Akka.TestKit.Internal;

/// <summary>Counts matching events while an action runs, and silences them.</summary>
internal sealed class EventFilterApplier : IEventFilterApplier
{
    private readonly IReadOnlyList<EventFilterBase> _filters;
    private readonly TestKitBase _testkit;
    private readonly ActorSystem _system;

    public EventFilterApplier(TestKitBase testkit, IReadOnlyList<EventFilterBase> filters, ActorSystem system)
    {
        _filters = filters;
        _testkit = testkit;
        _system = system;
    }

    public EventFilterFactory And => new(_testkit, _system, _filters);

    public void ExpectOne(Action action, CancellationToken cancellationToken = default) => Run(Wrap(action), 1, null, async: false, cancellationToken).GetAwaiter().GetResult();

    public Task ExpectOneAsync(Func<Task> actionAsync, CancellationToken cancellationToken = default) => Run(Wrap(actionAsync), 1, null, async: true, cancellationToken);

    public void ExpectOne(TimeSpan timeout, Action action, CancellationToken cancellationToken = default) =>
        Run(Wrap(action), 1, timeout, async: false, cancellationToken).GetAwaiter().GetResult();

    public Task ExpectOneAsync(TimeSpan timeout, Func<Task> action, CancellationToken cancellationToken = default) => Run(Wrap(action), 1, timeout, async: true, cancellationToken);

    public Task ExpectOneAsync(Action action, CancellationToken cancellationToken = default) => Run(Wrap(action), 1, null, async: true, cancellationToken);

    public void Expect(int expectedCount, Action action, CancellationToken cancellationToken = default) =>
        Run(Wrap(action), expectedCount, null, async: false, cancellationToken).GetAwaiter().GetResult();

    public Task ExpectAsync(int expectedCount, Func<Task> actionAsync, CancellationToken cancellationToken = default) =>
        Run(Wrap(actionAsync), expectedCount, null, async: true, cancellationToken);

    public Task ExpectAsync(int expectedCount, Func<Task> actionAsync, TimeSpan? timeout, CancellationToken cancellationToken = default) =>
        Run(Wrap(actionAsync), expectedCount, timeout, async: true, cancellationToken);

    public void Expect(int expectedCount, TimeSpan timeout, Action action, CancellationToken cancellationToken = default) =>
        Run(Wrap(action), expectedCount, timeout, async: false, cancellationToken).GetAwaiter().GetResult();

    public Task ExpectAsync(int expectedCount, TimeSpan timeout, Func<Task> action, CancellationToken cancellationToken = default) =>
        Run(Wrap(action), expectedCount, timeout, async: true, cancellationToken);

    public Task ExpectAsync(int expectedCount, TimeSpan timeout, Action action, CancellationToken cancellationToken = default) =>
        Run(Wrap(action), expectedCount, timeout, async: true, cancellationToken);

    public T ExpectOne<T>(Func<T> func, CancellationToken cancellationToken = default) =>
        Run(() => Task.FromResult(func()), 1, null, async: false, cancellationToken).GetAwaiter().GetResult();

    public Task<T> ExpectOneAsync<T>(Func<Task<T>> func, CancellationToken cancellationToken = default) => Run(func, 1, null, async: true, cancellationToken);

    public T ExpectOne<T>(TimeSpan timeout, Func<T> func, CancellationToken cancellationToken = default) =>
        Run(() => Task.FromResult(func()), 1, timeout, async: false, cancellationToken).GetAwaiter().GetResult();

    public Task<T> ExpectOneAsync<T>(TimeSpan timeout, Func<Task<T>> func, CancellationToken cancellationToken = default) =>
        Run(func, 1, timeout, async: true, cancellationToken);

    public T Expect<T>(int expectedCount, Func<T> func, CancellationToken cancellationToken = default) =>
        Run(() => Task.FromResult(func()), expectedCount, null, async: false, cancellationToken).GetAwaiter().GetResult();

    public Task<T> ExpectAsync<T>(int expectedCount, Func<Task<T>> func, CancellationToken cancellationToken = default) =>
        Run(func, expectedCount, null, async: true, cancellationToken);

    public T Expect<T>(int expectedCount, TimeSpan timeout, Func<T> func, CancellationToken cancellationToken = default) =>
        Run(() => Task.FromResult(func()), expectedCount, timeout, async: false, cancellationToken).GetAwaiter().GetResult();

    public Task<T> ExpectAsync<T>(int expectedCount, TimeSpan timeout, Func<Task<T>> func, CancellationToken cancellationToken = default) =>
        Run(func, expectedCount, timeout, async: true, cancellationToken);

    public T Mute<T>(Func<T> func, CancellationToken cancellationToken = default)
    {
        using var muted = Mute();
        return func();
    }

    public async Task<T> MuteAsync<T>(Func<Task<T>> func, CancellationToken cancellationToken = default)
    {
        using var muted = Mute();
        return await func().ConfigureAwait(false);
    }

    public void Mute(Action action, CancellationToken cancellationToken = default)
    {
        using var muted = Mute();
        action();
    }

    public async Task MuteAsync(Func<Task> action, CancellationToken cancellationToken = default)
    {
        using var muted = Mute();
        await action().ConfigureAwait(false);
    }

    public Task MuteAsync(Action action, CancellationToken cancellationToken = default)
    {
        Mute(action, cancellationToken);
        return Task.CompletedTask;
    }

    public IUnmutableFilter Mute()
    {
        _system.EventStream.Publish(new Mute(_filters));
        return new UnmutableFilter(_filters, _system);
    }

    private static Func<Task<int>> Wrap(Action action) => () =>
    {
        action();
        return Task.FromResult(0);
    };

    private static Func<Task<int>> Wrap(Func<Task> action) => async () =>
    {
        await action().ConfigureAwait(false);
        return 0;
    };

    private async Task<T> Run<T>(Func<Task<T>> function, int expected, TimeSpan? timeout, bool async, CancellationToken cancellationToken)
    {
        var limit = timeout is { } given ? _testkit.Dilated(given) : TestKitExtension.For(_system).TestEventFilterLeeway;
        var matched = 0;
        var enough = new SemaphoreSlim(0);
        var count = () =>
        {
            // none expected: the first one that comes is one too many, there is no point in waiting longer
            if (Interlocked.Increment(ref matched) >= Math.Max(expected, 1)) enough.Release();
        };
        foreach (var filter in _filters) filter.EventMatched += count;
        _system.EventStream.Publish(new Mute(_filters));
        T result;
        try
        {
            result = await function().ConfigureAwait(false);
            if (async) await enough.WaitAsync(limit, cancellationToken).ConfigureAwait(false);
            else enough.Wait(limit, cancellationToken);
        }
        finally
        {
            _system.EventStream.Publish(new Unmute(_filters));
            foreach (var filter in _filters) filter.EventMatched -= count;
        }

        var actual = Volatile.Read(ref matched);
        var what = string.Join(" or ", _filters);
        if (actual < expected)
            _testkit.Assertions.Fail("Timeout ({0}) while waiting for messages. Only received {1}/{2} messages that matched filter [{3}]", limit, actual, expected, what);
        else if (actual > expected)
            _testkit.Assertions.Fail("Received {0} message(s) too many. Expected {1} but received {2} that matched filter [{3}]", actual - expected, expected, actual, what);
        return result;
    }

    private sealed class UnmutableFilter(IReadOnlyList<EventFilterBase> filters, ActorSystem system) : IUnmutableFilter
    {
        private bool _unmuted;

        public void Unmute()
        {
            if (_unmuted) return;
            _unmuted = true;
            system.EventStream.Publish(new Unmute(filters));
        }

        public void Dispose() => Unmute();
    }
}
