using System.Diagnostics;
using Mooring.Client;
using Mooring.Harness;
using Mooring.Operations;

namespace Mooring.Tests.Cluster;

/// <summary>
/// A node that has begun anew is worth as much as a new one: nodes begin anew in random order beside a busy machine, and the owner is killed after
/// each. <c>MOORING_TEST_ROUNDS</c> says how often each node does for each reason; the simulation does it many more times, and for more reasons.
/// </summary>
public sealed class BeginAnewTests
{
    private const long CopyBytes = 256L << 20;

    // Half a second on an idle machine.
    private static readonly TimeSpan SuccessorMax = TimeSpan.FromSeconds(10);

    private static int Rounds => int.Parse(Environment.GetEnvironmentVariable("MOORING_TEST_ROUNDS") ?? "1", null);

    [Fact]
    public async Task There_is_always_a_successor()
    {
        await using var cluster = await TestCluster.StartAsync();
        var source = await cluster.FilledAsync("source", CopyBytes);
        using var stop = new CancellationTokenSource();
        using var busy = Children.Start(new ProcessStartInfo("sh", ["-c", "while :; do :; done"]));
        var copies = Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var made = await cluster.Client.RunAsync(new CopyVolume(TestCluster.Volume($"copy-{i}"), source), Change.New());
                Assert.Equal("succeeded", made.State);
                await cluster.Client.RunAsync(new DeleteVolume(TestCluster.Volume($"copy-{i}")), Change.New());
            }
        });
        try
        {
            var rounds = cluster.Nodes.NodeNames.SelectMany(node => Enumerable.Repeat((node, true), Rounds).Concat(Enumerable.Repeat((node, false), Rounds))).ToArray();
            Random.Shared.Shuffle(rounds);
            foreach (var (node, isStopped) in rounds)
                await RoundAsync(cluster, node, isStopped);
        }
        finally
        {
            busy.Kill();
            await stop.CancelAsync();
        }
        await copies;
        await cluster.NoStrayImageAsync();
    }

    private static async Task RoundAsync(TestCluster cluster, string node, bool isStopped)
    {
        var process = cluster.Nodes.ProcessOf(node);
        if (isStopped)
        {
            await process.StopAsync();
            await TestCluster.UntilAsync($"{node}, which is stopped, is removed", async () => (await cluster.Client.ListNodesAsync()).All(n => n.Name != node || n.State == "away"));
            process.Continue();
            // The store ends a process that was stopped while it held the store; a service manager would start it again.
            if (!process.IsAlive)
                cluster.Nodes.Launch(node, new Dictionary<string, string>());
        }
        else
        {
            await RemoveAsync(cluster, node);
        }
        await TestCluster.UntilAsync($"{node} begins anew after it was {(isStopped ? "stopped" : "removed")}", () => Task.FromResult(cluster.Nodes.ProcessOf(node) != process));
        await WholeAsync(cluster);

        var owner = await cluster.OwnerAsync();
        await cluster.Nodes.KillAsync(owner);
        await TestCluster.UntilAsync(
            $"{owner} has a successor after {node} had begun anew", async () => await cluster.OwnerAsync() is { } next && next != owner, SuccessorMax);
        cluster.Nodes.Launch(owner, new Dictionary<string, string>());
        await WholeAsync(cluster);
    }

    private static async Task RemoveAsync(TestCluster cluster, string node)
    {
        var by = ConsoleTests.HostOf(cluster, cluster.Nodes.NodeNames.First(n => n != node));
        var (exit, _, errors) = await ConsoleTests.RunOnAsync(cluster, null, "--node", by, "--command", $"cluster down --address {cluster.Nodes.MemberOf(node)}");
        Assert.Equal((0, ""), (exit, errors));
    }

    private static Task WholeAsync(TestCluster cluster) =>
        TestCluster.UntilAsync("all nodes are up", async () => (await UpAsync(cluster)).Order().SequenceEqual(cluster.Nodes.NodeNames));

    private static async Task<List<string>> UpAsync(TestCluster cluster) =>
        [.. (await cluster.Client.ListNodesAsync()).Where(n => n.State == "up").Select(n => n.Name)];
}
