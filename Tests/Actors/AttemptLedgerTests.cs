using Mooring.Actors.Files;
using Mooring.Messages;
using Mooring.Messages.Wire;
using Mooring.Storage;
using Mooring.Tests.Actors.Fakes;

namespace Mooring.Tests.Actors;

/// <summary>Once a sending has begun, no earlier one of the same request changes anything.</summary>
public class AttemptLedgerTests
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);
    private static readonly Guid Id = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");

    private readonly ManualClock _clock = new();
    private readonly AttemptLedger _ledger;

    public AttemptLedgerTests() => _ledger = new AttemptLedger(_clock);

    [Fact]
    public void A_later_sending_ends_an_earlier_one_that_runs()
    {
        using var first = Begin(1);
        Assert.False(first.Ended.IsCancellationRequested);
        using var second = Begin(2);

        Assert.True(first.Ended.IsCancellationRequested);
        Assert.False(second.Ended.IsCancellationRequested);
    }

    [Fact]
    public void An_earlier_sending_is_refused_while_a_later_one_runs_and_after_it()
    {
        var second = Begin(2);
        Refuses(ErrorKind.Cancelled, 1);
        second.Dispose();
        Refuses(ErrorKind.Cancelled, 1);
    }

    [Fact]
    public void Of_two_with_one_number_the_second_is_refused_while_the_first_runs()
    {
        var first = Begin(2);
        Refuses(ErrorKind.Cancelled, 2);
        first.Dispose();

        Begin(2).Dispose();
    }

    [Fact]
    public void The_end_of_an_earlier_sending_does_not_forget_a_later_one()
    {
        var first = Begin(1);
        Begin(2).Dispose();
        first.Dispose();

        Refuses(ErrorKind.Cancelled, 1);
    }

    [Fact]
    public void What_was_sent_once_is_not_remembered()
    {
        Begin(1).Dispose();

        Assert.Equal(0, _ledger.Count);
    }

    [Fact]
    public void A_request_is_remembered_for_as_long_as_a_token_of_an_earlier_sending_can_hold()
    {
        var end = _clock.GetUtcNow() + Lifetime;
        Begin(2).Dispose();
        _clock.Advance(Lifetime + AttemptLedger.SkewMax - TimeSpan.FromSeconds(1));
        // A name node whose clock is ahead has signed it.
        Assert.Equal(ErrorKind.Cancelled, Assert.Throws<BlockStoreException>(() => _ledger.Begin(new RequestAttempt(Id, 1), end + AttemptLedger.SkewMax, 10, default)).Kind);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(ErrorKind.PermissionDenied, Assert.Throws<BlockStoreException>(() => _ledger.Begin(new RequestAttempt(Id, 1), end + AttemptLedger.SkewMax, 10, default)).Kind);

        Begin(1, Guid.NewGuid()).Dispose();
        Assert.Equal(0, _ledger.Count);
    }

    [Fact]
    public void One_that_runs_past_its_end_is_forgotten_when_it_ends()
    {
        var second = Begin(2);
        _clock.Advance(Lifetime + AttemptLedger.SkewMax);
        Begin(1, Guid.NewGuid()).Dispose();
        Assert.Equal(1, _ledger.Count);
        second.Dispose();

        Assert.Equal(0, _ledger.Count);
    }

    [Fact]
    public void More_requests_than_may_be_remembered_are_refused_and_first_sendings_are_not()
    {
        for (var i = 0; i < 10; i++)
            Begin(2, Guid.NewGuid()).Dispose();

        Refuses(ErrorKind.Overloaded, 2);
        Begin(1).Dispose();
        _clock.Advance(Lifetime + AttemptLedger.SkewMax);
        Begin(2).Dispose();
    }

    private AttemptLedger.Running Begin(int number, Guid? id = null) => _ledger.Begin(new RequestAttempt(id ?? Id, number), _clock.GetUtcNow() + Lifetime, 10, default);

    private void Refuses(ErrorKind kind, int number) => Assert.Equal(kind, Assert.Throws<BlockStoreException>(() => Begin(number)).Kind);
}
