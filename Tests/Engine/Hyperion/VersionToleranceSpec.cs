using Akka.Actor;
using Akka.Serialization;
using Akka.TestKit.Xunit2;
using Xunit.Abstractions;

namespace Mooring.Tests.Engine.Hyperion;

/// <summary>Reader and writer have different versions of a type.</summary>
public sealed class VersionToleranceSpec(ITestOutputHelper output) : TestKit(Akka.Configuration.Config.Empty, "hyperion", output)
{
    public sealed record OlderV1(int Kept, string Dropped, int[] DroppedToo);

    public sealed record NewerV2(string? Added, int Kept);

    [Fact]
    public void Fields_may_come_and_go()
    {
        var serializer = new HyperionSerializer(
            (ExtendedActorSystem)Sys,
            HyperionSerializerSettings.Default.WithPackageNameOverrides([name => name.Replace(nameof(OlderV1), nameof(NewerV2), StringComparison.Ordinal)]));

        var read = serializer.FromBinary(serializer.ToBinary(new List<object> { new OlderV1(7, "x", [1, 2]), new OlderV1(8, "y", []) }), null!);

        Assert.Equal([new NewerV2(null, 7), new NewerV2(null, 8)], (List<object>)read);
    }
}
