using Mooring.Operations;

namespace Mooring.Tests.Cluster;

/// <summary>Every kind of operation, with a death at each of its points.</summary>
public class CrashPointTests(ReusedCluster reused) : IClassFixture<ReusedCluster>
{
    public static TheoryData<string> Kinds => [.. OperationCatalog.All.Select(o => o.Kind)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public Task An_operation_takes_effect_once_at_whichever_point_the_owner_dies(string kind) => reused.UseAsync(cephConf: null, async cluster =>
    {
        if (await CrashScenario.IsRefusedAsync(cluster, kind))
            return;
        foreach (var point in CrashScenario.PointsOf(kind, atTheStore: false))
            await CrashScenario.RunAsync(cluster, point);
    });

    [Fact]
    public Task A_copy_is_cancelled_through_the_death_of_its_owner() => reused.UseAsync(cephConf: null, CrashScenario.CancelAsync);
}

/// <summary>A cluster for tests that leave it as they have found it. One that a test has failed on is not used again.</summary>
public sealed class ReusedCluster : IAsyncLifetime
{
    private TestCluster? _cluster;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
        _cluster = null;
    }

    public async Task UseAsync(string? cephConf, Func<TestCluster, Task> test)
    {
        var cluster = _cluster ?? await TestCluster.StartAsync(cephConf);
        _cluster = null;
        try
        {
            await test(cluster);
            _cluster = cluster;
        }
        finally
        {
            if (_cluster is null)
                await cluster.DisposeAsync();
        }
    }
}
