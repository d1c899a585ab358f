using System.Diagnostics;
using System.Globalization;
using Mooring.Client;
using Mooring.Harness;
using Mooring.Messages.Http;
using Mooring.Operations;
using Mooring.Storage;
using Xunit.Abstractions;

namespace Mooring.Tests.Cluster;

/// <summary>
/// What may happen to hosts, their links and their clocks while clients make volumes through the virtual IP. Each time the history is looked at from
/// outside: each request was answered once, each answer's effect is there once, and no two hosts accepted on the address at one time.
/// </summary>
public class HostScenarioTests(ReusedCluster reused, ITestOutputHelper output) : IClassFixture<ReusedCluster>
{
    private const int Port = 18470;
    private const int Callers = 4;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    // Longer than silence takes to be noticed, and than the lease.
    private static readonly TimeSpan ClockTurned = TimeSpan.FromSeconds(3.5);

    private static readonly Dictionary<string, Scenario> All = new()
    {
        ["nothing gets out of the owner's host"] = new(s => s.Hosts.CutAsync(s.Hosts.Frames(s.Owner, null)), Moves: _ => true),
        ["nothing gets into the owner's host"] = new(s => s.Hosts.CutAsync(s.Hosts.Frames(null, s.Owner)), Moves: _ => true),
        ["the owner and its peers do not reach each other's addresses"] = new(
            s => s.Hosts.CutAsync(s.Others.SelectMany(o => (string[])[s.Hosts.Packets(s.Owner, o), s.Hosts.Packets(o, s.Owner)])), Moves: _ => true),
        ["the owner is alone"] = Alone(s => s.Owner),
        ["one of the others is alone"] = Alone(s => s.Others[0]),
        ["the other of them is alone"] = Alone(s => s.Others[1]),
        ["the owner's link flaps every 300 ms"] = new(s => FlapAsync(s, TimeSpan.FromMilliseconds(300), 6)),
        ["the owner's link flaps every 3 s"] = new(s => FlapAsync(s, TimeSpan.FromSeconds(3), 2)),
        ["the owner's clock is an hour ahead, then behind"] = new(s => TurnClockAsync(s, s.Owner), Moves: _ => false),
        ["another node's clock is an hour ahead, then behind"] = new(s => TurnClockAsync(s, s.Others[0]), Moves: _ => false),
    };

    /// <summary>Those of links.</summary>
    public static TheoryData<string> OfLinks => [.. All.Keys.Where(name => !IsOfClocks(name))];

    /// <summary>Those of clocks.</summary>
    public static TheoryData<string> OfClocks => [.. All.Keys.Where(IsOfClocks)];

    /// <summary>How many rounds of each: as many as <c>MOORING_HOST_ROUNDS</c> says, or one.</summary>
    private static int Rounds => int.Parse(Environment.GetEnvironmentVariable("MOORING_HOST_ROUNDS") ?? "1", CultureInfo.InvariantCulture);

    [LinksTheory]
    [MemberData(nameof(OfLinks))]
    public Task Whatever_happens_to_links_each_request_has_one_answer_and_one_host_the_address(string scenario) => RunAsync(scenario);

    [ClocksTheory]
    [MemberData(nameof(OfClocks))]
    public Task Whatever_happens_to_clocks_each_request_has_one_answer_and_one_host_the_address(string scenario) => RunAsync(scenario);

    private Task RunAsync(string name) => reused.UseAsync(
        () => TestCluster.StartOnHostsWithClocksAsync("eye-1", "eye-2", "eye-3", "client"),
        async cluster =>
        {
            var gaps = new List<double>();
            for (var round = 1; round <= Rounds; round++)
            {
                try
                {
                    gaps.Add((await RoundAsync(cluster, All[name])).TotalMilliseconds);
                }
                catch (Exception e)
                {
                    throw new InvalidOperationException($"{name}, round {round}: {e.Message}\n{cluster.Logs()}", e);
                }
            }
            await cluster.NoStrayImageAsync();
            gaps.Sort();
            output.WriteLine($"{name}: {gaps.Count} rounds, address away p50 {gaps[gaps.Count / 2]:0} ms, max {gaps[^1]:0} ms: {string.Join(' ', gaps.Select(g => $"{g:0}"))}");
        });

    private async Task<TimeSpan> RoundAsync(TestCluster cluster, Scenario scenario)
    {
        var stage = new Stage(cluster, await cluster.OwnerAsync());
        var eyes = await OpenEyesAsync(cluster);
        var client = AddressEye.OpenAsClient(cluster.Hosts, "client", Port);
        using var stop = new CancellationTokenSource();
        var prefix = Guid.NewGuid().ToString("N")[..8];
        var callers = Enumerable.Range(0, Callers).Select(i => Task.Run(() => CallAsync(cluster, $"{prefix}-{i}", stop.Token))).ToList();
        await TestCluster.UntilAsync("the owner accepts", () => Task.FromResult(client.Accepted.Count > 20));

        var clock = Stopwatch.StartNew();
        await scenario.HarmAsync(stage);
        if (scenario.Moves?.Invoke(stage) == true)
            await TestCluster.UntilAsync("another node owns the virtual IP", async () => await cluster.OwnerAsync() != stage.Owner);
        var felt = clock.Elapsed;
        await cluster.Hosts.MendAsync();
        await TestCluster.UntilAsync("all three nodes are up", async () => (await cluster.Client.ListNodesAsync()).Count(n => n.State == "up") == 3);
        var whole = clock.Elapsed;
        await stop.CancelAsync();
        var answers = (await Task.WhenAll(callers)).SelectMany(a => a).ToList();
        foreach (var eye in eyes.SelectMany(e => e.Value).Append(client))
            await eye.CloseAsync();
        var owner = await cluster.OwnerAsync();
        output.WriteLine(
            $"{stage.Owner} then {owner}: address away {client.LongestGap().TotalMilliseconds:0} ms, undone after {felt.TotalSeconds:0.0} s, whole after {whole.TotalSeconds:0.0} s; {answers.Count} requests, the longest {answers.Max(a => a.Took).TotalMilliseconds:0} ms");

        await RequireOnceAsync(cluster, prefix, answers);
        RequireOneAtATime(eyes);
        if (scenario.Moves?.Invoke(stage) == false)
            Assert.Equal(stage.Owner, owner);
        return client.LongestGap();
    }

    private static async Task<List<Answer>> CallAsync(TestCluster cluster, string prefix, CancellationToken stop)
    {
        using var client = cluster.NewClient();
        using var pace = new PeriodicTimer(Pace);
        var answers = new List<Answer>();
        while (!stop.IsCancellationRequested)
        {
            var (command, change, clock) = (new CreateVolume(TestCluster.Volume($"{prefix}-{answers.Count}"), 1 << 20), Change.New(), Stopwatch.StartNew());
            answers.Add(new Answer(command, change, await client.RunAsync(command, change, CancellationToken.None), clock.Elapsed));
            await pace.WaitForNextTickAsync(CancellationToken.None);
        }
        return answers;
    }

    // Asked again, a request has the answer that it had; and there is one image for each, the one that the answer tells of.
    private static async Task RequireOnceAsync(TestCluster cluster, string prefix, List<Answer> answers)
    {
        await Parallel.ForEachAsync(answers, new ParallelOptions { MaxDegreeOfParallelism = Callers }, async (answer, _) =>
        {
            var (command, change, shape, _) = answer;
            var again = await cluster.Client.RunAsync(command, change, CancellationToken.None);
            Assert.Equal(("succeeded", shape.Id, shape.FinishedAt, shape.Attempts), (shape.State, again.Id, again.FinishedAt, again.Attempts));
            Assert.Equal(shape.Result?.Id, (await cluster.Store.Store.FindAsync(command.Volume, CancellationToken.None))?.Value);
        });
        Assert.Equal(answers.Select(a => a.Command.Volume.Image).Order(StringComparer.Ordinal), await ImagesAsync(cluster, prefix));
    }

    // Those of other rounds are left in the pool: to look at all would take longer from round to round.
    private static async Task<List<string>> ImagesAsync(TestCluster cluster, string prefix)
    {
        const int page = 1000;
        for (var found = new List<string>(); ;)
        {
            var names = await cluster.Store.Store.ListAsync("rbd", "", found.LastOrDefault(prefix), page, CancellationToken.None);
            found.AddRange(names.TakeWhile(name => name.StartsWith(prefix, StringComparison.Ordinal)));
            if (names.Count < page || !names[^1].StartsWith(prefix, StringComparison.Ordinal))
                return found;
        }
    }

    private static void RequireOneAtATime(Dictionary<string, AddressEye[]> eyes)
    {
        foreach (var (one, other) in eyes.SelectMany(one => eyes.Where(other => other.Key != one.Key).Select(other => (one, other))))
        {
            foreach (var both in one.Value.SelectMany(eye => other.Value.Select(eye.During)).Where(both => both.Count > 0))
                Assert.Fail($"{one.Key} and {other.Key} both accepted {both.Count} times within {Stopwatch.GetElapsedTime(both[0].Begin, both[^1].End).TotalMilliseconds:0} ms");
        }
    }

    // From outside, and on the host itself: where nothing gets out, nobody outside could say that it accepts.
    private static async Task<Dictionary<string, AddressEye[]>> OpenEyesAsync(TestCluster cluster)
    {
        var eyes = new Dictionary<string, AddressEye[]>();
        for (var i = 1; i <= 3; i++)
            eyes[$"node-{i}"] = [await AddressEye.OpenAsync(cluster.Hosts, $"eye-{i}", $"node-{i}", Port), AddressEye.OpenInside(cluster.Hosts, $"node-{i}", Port)];
        return eyes;
    }

    // One node on one side, the other two on the other; clients and store reach all.
    private static Scenario Alone(Func<Stage, string> who) => new(
        async s =>
        {
            var node = who(s);
            await s.Hosts.CutAsync(s.Cluster.Nodes.NodeNames.Where(n => n != node).SelectMany(n => (string[])[s.Hosts.Frames(node, n), s.Hosts.Frames(n, node)]));
            if (node != s.Owner)
                await TestCluster.UntilAsync($"{node} is removed", async () => (await s.Cluster.Client.ListNodesAsync()).Any(n => n.Name == node && n.State == "away"));
        },
        Moves: s => who(s) == s.Owner);

    private static async Task FlapAsync(Stage stage, TimeSpan period, int times)
    {
        using var turn = new PeriodicTimer(period);
        for (var i = 0; i < 2 * times; i++)
        {
            if (i > 0)
                await turn.WaitForNextTickAsync();
            await stage.Hosts.PlugAsync(stage.Owner, on: i % 2 == 1);
        }
    }

    private static async Task TurnClockAsync(Stage stage, string node)
    {
        using var turn = new PeriodicTimer(ClockTurned);
        foreach (var hours in new[] { 1, -1 })
        {
            NodeClocks.Set(stage.Cluster, node, TimeSpan.FromHours(hours));
            await turn.WaitForNextTickAsync();
        }
        NodeClocks.Set(stage.Cluster, node, TimeSpan.Zero);
    }

    private static bool IsOfClocks(string scenario) => scenario.Contains("clock", StringComparison.Ordinal);

    /// <summary>What happens, and whether the address must move by it or must not; null where either will do.</summary>
    private sealed record Scenario(Func<Stage, Task> HarmAsync, Func<Stage, bool>? Moves = null);

    private sealed record Stage(TestCluster Cluster, string Owner)
    {
        public HostNetwork Hosts => Cluster.Hosts;

        public string[] Others => [.. Cluster.Nodes.NodeNames.Where(n => n != Owner)];
    }

    private sealed record Answer(CreateVolume Command, Change Change, OperationShape Shape, TimeSpan Took);

    private sealed class LinksTheoryAttribute : TheoryAttribute
    {
        public LinksTheoryAttribute() => Skip = HostNetwork.WhyNoCuts;
    }

    private sealed class ClocksTheoryAttribute : TheoryAttribute
    {
        public ClocksTheoryAttribute() => Skip = NodeClocks.WhyNot;
    }
}
