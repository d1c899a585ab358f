using Mooring.Operations;

namespace Mooring.Tests.Cluster;

/// <summary>Every kind of operation, with a death at each of its points.</summary>
public class CrashPointTests(ReusedCluster reused) : IClassFixture<ReusedCluster>
{
    public static TheoryData<string[]> Points => CrashScenario.Deaths(onCeph: false);

    [Theory]
    [MemberData(nameof(Points))]
    public Task Operations_take_effect_once_at_whichever_points_the_owner_dies(string[] points) =>
        reused.UseAsync(cephConf: null, cluster => CrashScenario.RunAsync(cluster, points));

    [Fact]
    public Task What_the_store_does_not_have_is_refused() => reused.UseAsync(cephConf: null, async cluster =>
    {
        foreach (var operation in OperationCatalog.All)
            await CrashScenario.IsRefusedAsync(cluster, operation.Kind);
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

    public Task UseAsync(string? cephConf, Func<TestCluster, Task> test) => UseAsync(() => TestCluster.StartAsync(cephConf), test);

    public async Task UseAsync(Func<Task<TestCluster>> start, Func<TestCluster, Task> test)
    {
        var cluster = _cluster ?? await start();
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
