using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Tests.Pure;

public class QuotaTests
{
    private static readonly Quota Two = new("rbd", "", CountMax: 2, BytesMax: 100);
    private static readonly Dictionary<string, long> Listed = new() { ["a"] = 40 };

    [Fact]
    public void What_fits_is_let_through()
    {
        Assert.Null(Two.Exceeded(Made("b", 60), Listed, []));
        Assert.Null(Two.Exceeded(Sized("a", 100), Listed, []));
    }

    [Fact]
    public void One_volume_or_byte_more_is_refused()
    {
        Assert.Equal((ErrorKind.NoSpace, 122), Two.Exceeded(Made("b", 61), Listed, []) is { } bytes ? (bytes.Kind, bytes.Errno) : default);
        Assert.NotNull(Two.Exceeded(Sized("a", 101), Listed, []));
        Assert.NotNull(Two.Exceeded(Made("c", 0), new Dictionary<string, long> { ["a"] = 0, ["b"] = 0 }, []));
    }

    // It counts once, whether or not the store shows it already.
    [Fact]
    public void What_is_on_its_way_counts()
    {
        Assert.NotNull(Two.Exceeded(Made("c", 1), Listed, [Made("b", 60)]));
        Assert.NotNull(Two.Exceeded(Made("c", 0), Listed, [Made("b", 0)]));
        Assert.Null(Two.Exceeded(Made("b", 60), Listed, [Made("a", 40), Sized("a", 40), Sized("gone", 1000)]));
        Assert.NotNull(Two.Exceeded(Made("b", 60), Listed, [Sized("a", 41)]));
    }

    [Fact]
    public void What_becomes_no_larger_is_let_through_whatever_the_quota()
    {
        var small = Two with { CountMax = 1, BytesMax = 10 };

        Assert.Null(small.Exceeded(Sized("a", 40), Listed, []));
        Assert.Null(small.Exceeded(Sized("a", 20), Listed, []));
        Assert.Null(small.Exceeded(Sized("none", 1000), Listed, []));
    }

    [Fact]
    public void Zero_is_no_limit()
    {
        Assert.Null((Two with { CountMax = 0 }).Exceeded(Made("c", 1), new Dictionary<string, long> { ["a"] = 0, ["b"] = 0 }, []));
        Assert.Null((Two with { BytesMax = 0 }).Exceeded(Made("b", long.MaxValue / 2), Listed, []));
    }

    private static Growth Made(string name, long size) => new(VolumeId.Parse($"rbd/{name}"), size, Makes: true);

    private static Growth Sized(string name, long size) => new(VolumeId.Parse($"rbd/{name}"), size, Makes: false);
}
