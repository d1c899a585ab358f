using System.Runtime.CompilerServices;

namespace Akka.TestKit;

public abstract partial class TestKitBase
{
    public void ExpectNoMsg(CancellationToken cancellationToken = default) => Done(ExpectNothing(RemainingOrDefault, async: false, cancellationToken));

    public async ValueTask ExpectNoMsgAsync(CancellationToken cancellationToken = default) =>
        await ExpectNothing(RemainingOrDefault, async: true, cancellationToken).ConfigureAwait(false);

    public void ExpectNoMsg(TimeSpan duration, CancellationToken cancellationToken = default) =>
        Done(ExpectNothing(Dilated(duration), async: false, cancellationToken));

    public async ValueTask ExpectNoMsgAsync(TimeSpan duration, CancellationToken cancellationToken = default) =>
        await ExpectNothing(Dilated(duration), async: true, cancellationToken).ConfigureAwait(false);

    public void ExpectNoMsg(int milliseconds, CancellationToken cancellationToken = default) =>
        ExpectNoMsg(TimeSpan.FromMilliseconds(milliseconds), cancellationToken);

    public ValueTask ExpectNoMsgAsync(int milliseconds, CancellationToken cancellationToken = default) =>
        ExpectNoMsgAsync(TimeSpan.FromMilliseconds(milliseconds), cancellationToken);

    public T ExpectMsgAnyOf<T>(IEnumerable<T> messages, CancellationToken cancellationToken = default) =>
        Done(ExpectAnyOf(messages, async: false, cancellationToken));

    public async ValueTask<T> ExpectMsgAnyOfAsync<T>(IEnumerable<T> messages, CancellationToken cancellationToken = default) =>
        await ExpectAnyOf(messages, async: true, cancellationToken).ConfigureAwait(false);

    public IReadOnlyCollection<T> ExpectMsgAllOf<T>(params T[] messages) =>
        Done(ExpectAllOf(RemainingOrDefault, messages, async: false, CancellationToken.None));

    public IReadOnlyCollection<T> ExpectMsgAllOf<T>(IReadOnlyCollection<T> messages, CancellationToken cancellationToken = default) =>
        Done(ExpectAllOf(RemainingOrDefault, messages, async: false, cancellationToken));

    public IAsyncEnumerable<T> ExpectMsgAllOfAsync<T>(IReadOnlyCollection<T> messages, CancellationToken cancellationToken = default) =>
        Enumerate(ExpectAllOf(RemainingOrDefault, messages, async: true, cancellationToken), cancellationToken);

    public IReadOnlyCollection<T> ExpectMsgAllOf<T>(TimeSpan max, params T[] messages) =>
        Done(ExpectAllOf(Dilated(max), messages, async: false, CancellationToken.None));

    public IReadOnlyCollection<T> ExpectMsgAllOf<T>(TimeSpan max, IReadOnlyCollection<T> messages, CancellationToken cancellationToken = default) =>
        Done(ExpectAllOf(Dilated(max), messages, async: false, cancellationToken));

    public IAsyncEnumerable<T> ExpectMsgAllOfAsync<T>(TimeSpan max, IReadOnlyCollection<T> messages, CancellationToken cancellationToken = default) =>
        Enumerate(ExpectAllOf(Dilated(max), messages, async: true, cancellationToken), cancellationToken);

    private static async IAsyncEnumerable<T> Enumerate<T>(
        Task<IReadOnlyList<T>> all, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var each in await all.WaitAsync(cancellationToken).ConfigureAwait(false)) yield return each;
    }

    private async Task ExpectNothing(TimeSpan duration, bool async, CancellationToken cancellationToken)
    {
        var envelope = await Receive(duration, async, cancellationToken).ConfigureAwait(false);
        if (envelope is not null)
            _assertions.Fail("Failed: Expected no messages during {0}, instead we received {1}", duration, envelope);
        _lastWasNoMessage = true;
    }

    private async Task<T> ExpectAnyOf<T>(IEnumerable<T> messages, bool async, CancellationToken cancellationToken)
    {
        var expected = messages as IReadOnlyCollection<T> ?? messages.ToList();
        return await Expect<T>(
            RemainingOrDefault,
            (actual, _) => _assertions.AssertTrue(
                expected.Contains(actual), "Failed: Expected one of [{0}], but received {1}", string.Join(", ", expected), actual!),
            null, async, cancellationToken).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<T>> ExpectAllOf<T>(TimeSpan max, IReadOnlyCollection<T> messages, bool async, CancellationToken cancellationToken)
    {
        var received = await ReceiveMany(messages.Count, max, async, cancellationToken).ConfigureAwait(false);
        var missing = messages.ToList();
        var unexpected = new List<object>();
        foreach (var message in received)
        {
            if (message is not T typed || !missing.Remove(typed)) unexpected.Add(message);
        }

        if (missing.Count > 0 || unexpected.Count > 0)
        {
            _assertions.Fail("Failed: Expected [{0}], did not receive [{1}], received instead [{2}]",
                string.Join(", ", messages), string.Join(", ", missing), string.Join(", ", unexpected));
        }

        return received.Cast<T>().ToList();
    }
}
