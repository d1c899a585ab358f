using Mooring.Operations;

namespace Mooring.Tests.Cluster;

/// <summary>Every kind of operation, with a death at each of its points.</summary>
public class CrashPointTests
{
    public static TheoryData<string> Kinds => [.. OperationCatalog.All.Select(o => o.Kind)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task An_operation_takes_effect_once_at_whichever_point_the_owner_dies(string kind)
    {
        await using var cluster = await TestCluster.StartAsync();

        await CrashScenario.RunAsync(cluster, kind, atTheStore: false);
    }
}
