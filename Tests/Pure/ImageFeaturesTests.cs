using Mooring.Storage;

namespace Mooring.Tests.Pure;

/// <summary>Which features of an image can be switched on and off.</summary>
public class ImageFeaturesTests
{
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
    public void They_change_by_librbds_rules(string present, string features, bool enabled, string? problem) =>
        Assert.Equal(problem, ImageFeatures.Problem(present.Split(','), features.Split(','), enabled));
}
