using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage;

namespace Mooring.Tests.Pure;

/// <summary>Which features of an image can be switched on and off.</summary>
public class ImageFeaturesTests
{
    private static readonly VolumeId Volume = VolumeId.Parse("rbd/a");

    private const string All = "layering,exclusive-lock,object-map,fast-diff,deep-flatten";

    [Theory]
    [InlineData("layering", "exclusive-lock", true, null)]
    [InlineData("layering", "exclusive-lock,object-map", true, null)]
    [InlineData("layering,exclusive-lock", "fast-diff", true, null)]
    [InlineData("layering", "object-map", true, "object-map needs exclusive-lock")]
    [InlineData("layering", "fast-diff", true, "object-map needs exclusive-lock")]
    [InlineData(All, "fast-diff", true, "fast-diff is enabled already")]
    [InlineData(All, "fast-diff", false, null)]
    [InlineData(All, "exclusive-lock,object-map", false, null)]
    [InlineData(All, "deep-flatten", false, null)]
    [InlineData(All, "exclusive-lock", false, "object-map needs exclusive-lock")]
    [InlineData("layering,exclusive-lock,journaling", "exclusive-lock", false, "journaling needs exclusive-lock")]
    [InlineData("layering", "exclusive-lock", false, "exclusive-lock is not enabled")]
    [InlineData("layering", "journaling", true, "journaling needs exclusive-lock")]
    [InlineData("layering", "exclusive-lock,journaling", true, null)]
    [InlineData("layering,exclusive-lock,journaling", "journaling", false, null)]
    public void They_change_by_librbds_rules(string present, string features, bool enabled, string? problem) =>
        Assert.Equal(problem, ImageFeatures.Problem(present.Split(','), features.Split(','), enabled));

    [Fact]
    public void Options_are_not_set_as_metadata()
    {
        foreach (var command in new VolumeCommand[] { new SetMetadata(Volume, "conf_rbd_cache", "true"), new RemoveMetadata(Volume, "conf_rbd_cache") })
            Assert.Contains("volume config", OperationCatalog.Of(command).Invalid(command)!.Detail, StringComparison.Ordinal);
    }
}
