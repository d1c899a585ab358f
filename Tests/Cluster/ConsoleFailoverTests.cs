namespace Mooring.Tests.Cluster;

/// <summary><c>mooring console</c> while its node dies.</summary>
public class ConsoleFailoverTests
{
    private const long CopyBytes = 1L << 30;

    [Fact]
    public async Task A_change_goes_on_at_another_node_when_its_consoles_node_is_killed()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.FilledAsync("source", CopyBytes);
        var owner = await cluster.OwnerAsync();
        using var console = ConsoleTests.Start(cluster, ["--command", "volume copy source target"]);
        var errors = console.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(TestCluster.Limit);

        Assert.StartsWith("volume.copy ", await console.StandardOutput.ReadLineAsync(limit.Token), StringComparison.Ordinal);
        await cluster.Nodes.KillAsync(owner);

        var output = await console.StandardOutput.ReadToEndAsync(limit.Token);
        await console.WaitForExitAsync(limit.Token);
        Assert.Equal("", await errors);
        Assert.Equal(0, console.ExitCode);
        Assert.Contains("volume.copy of rbd/target succeeded", output, StringComparison.Ordinal);
        Assert.Single((await cluster.Store.ImagesAsync("rbd")), i => i.Name == "target");
    }
}
