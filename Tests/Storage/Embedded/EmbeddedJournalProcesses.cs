using System.Globalization;
using System.Text;
using Mooring.Storage;
using Mooring.Storage.Embedded;
using Mooring.Tests.Storage.Contract;

namespace Mooring.Tests.Storage.Embedded;

/// <summary>Several real processes append to the event log of one embedded store, and are killed with SIGKILL or stopped with SIGSTOP.</summary>
public sealed class EmbeddedJournalProcesses(EmbeddedFixture fixture) : StoreContract(fixture), IClassFixture<EmbeddedFixture>
{
    private readonly Random _chance = new(20);

    [Fact]
    public async Task Whoever_is_killed_every_acknowledged_event_is_there_once_and_in_order()
    {
        await using var log = await Fixture.OpenEventLogAsync();
        string[] steady = [FreshText("steady"), FreshText("steady")];
        var killed = FreshText("killed");
        var acknowledged = new Dictionary<string, long>();
        await using var first = await ChildProcess.BeginAsync(fixture.Directory, "append", steady[0]);
        await using var second = await ChildProcess.BeginAsync(fixture.Directory, "append", steady[1]);
        for (var round = 0; round < 15; round++)
        {
            await using (var victim = await ChildProcess.BeginAsync(fixture.Directory, "append", killed))
            {
                for (var left = _chance.Next(1, 40); left > 0; left--)
                    acknowledged[killed] = Number(await victim.NextAsync());
                await victim.Identity.KillAsync();
                while (await victim.NextAsync() is { } said)
                    acknowledged[killed] = Number(said);
            }
            await WholeAsync(log, killed, acknowledged[killed]);
        }
        foreach (var (child, stream) in new[] { (first, steady[0]), (second, steady[1]) })
        {
            await child.Identity.KillAsync();
            while (await child.NextAsync() is { } said)
                acknowledged[stream] = Number(said);
            await WholeAsync(log, stream, acknowledged[stream]);
        }
    }

    [Fact]
    public async Task Whoever_is_stopped_at_any_moment_the_others_go_on()
    {
        await using var log = await Fixture.OpenEventLogAsync();
        var (mine, theirs) = (FreshText("mine"), FreshText("theirs"));
        var number = 0L;
        for (var round = 0; round < 15; round++)
        {
            await using var victim = await ChildProcess.BeginAsync(fixture.Directory, "append", theirs);
            for (var left = _chance.Next(1, 20); left > 0; left--)
                await victim.NextAsync();
            await victim.Identity.StopAsync();
            for (var i = 0; i < 5; i++)
                Assert.True(await log.AppendAsync(mine, ++number, [Bytes($"{mine} {number}")], default).WaitAsync(Fixture.Limit));
        }
        await WholeAsync(log, mine, number);
        await WholeAsync(log, theirs, 1);
    }

    [Fact]
    public async Task A_process_that_is_stopped_in_the_middle_of_a_transaction_is_ended_by_whoever_waits_for_it()
    {
        var notices = new List<string>();
        await using var log = await new EmbeddedStoreProvider(fixture.Options with { Notice = notices.Add }).OpenEventLogAsync("waiting", default);
        var stream = FreshText("stream");
        await using var victim = await ChildProcess.SleepAtAsync(fixture.Directory, "append-entered", "append", stream);
        await victim.Identity.StopAsync();
        var known = await log.GetHighestNumberAsync(stream, default);
        Assert.True(await log.AppendAsync(stream, known + 1, [Bytes($"{stream} {known + 1}")], default).WaitAsync(Fixture.Limit));
        await victim.Identity.UntilGoneAsync(Fixture.Limit);
        Assert.Contains($"process {victim.Identity.Pid} was ended", Assert.Single(notices), StringComparison.Ordinal);
        await WholeAsync(log, stream, known + 1);
    }

    private static long Number(string? said) => long.Parse(said!, CultureInfo.InvariantCulture);

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static async Task WholeAsync(IEventLog log, string stream, long acknowledged)
    {
        var expected = 1L;
        await foreach (var (number, bytes) in log.ReadAsync(stream, 1, long.MaxValue, long.MaxValue, default))
        {
            Assert.Equal(expected++, number);
            Assert.Equal($"{stream} {number}", Encoding.UTF8.GetString(bytes.Span));
        }
        Assert.True(expected > acknowledged, $"{stream}: {acknowledged} was acknowledged, there are {expected - 1}");
        Assert.Equal(expected - 1, await log.GetHighestNumberAsync(stream, default));
    }
}
