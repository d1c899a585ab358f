using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Tests.Pure;

public class IdTests
{
    [Theory]
    [InlineData("v1", "rbd/v1")]
    [InlineData("pool/v1", "pool/v1")]
    [InlineData("pool/ns/v1", "pool/ns/v1")]
    [InlineData("pool/ns/ünïcode", "pool/ns/ünïcode")]
    [InlineData("pool/with spaces 😀", "pool/with spaces 😀")]
    [InlineData("pool/...", "pool/...")]
    [InlineData("pool/..", "pool/..")]
    [InlineData("./.", "./.")]
    [InlineData("pool/a\nb\u0007", "pool/a\nb\u0007")]
    public void A_volume_is_named_as_rbd_names_it(string text, string full)
    {
        Assert.True(VolumeId.TryParse(text, out var id, out _));
        Assert.Equal(full, id.ToString());
        Assert.Equal(id, VolumeId.FromText(full));
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("/v1")]
    [InlineData("pool/")]
    [InlineData("pool//v1")]
    [InlineData("a/b/c/d")]
    [InlineData("pool/v1@snap")]
    [InlineData("pool/v\uFFFD")]
    [InlineData("pool/v\uD83D")]
    [InlineData("pool/\uDE00v")]
    [InlineData("pool/v\u0000")]
    [InlineData("pool/.mooring.op-1.1")]
    public void What_rbd_would_not_take_is_refused_with_a_reason(string? text)
    {
        Assert.False(VolumeId.TryParse(text, out _, out var problem));
        Assert.DoesNotContain('\n', problem);
    }

    [Theory]
    [InlineData("p/", "", VolumeId.ImageBytesMax)]
    [InlineData("p/", "/i", VolumeId.NamespaceBytesMax)]
    [InlineData("", "/i", VolumeId.PoolBytesMax)]
    public void A_name_is_as_long_as_Ceph_allows(string before, string after, int bytesMax)
    {
        Assert.True(VolumeId.TryParse(before + new string('x', bytesMax - 2) + "ü" + after, out _, out _));
        Assert.False(VolumeId.TryParse(before + new string('x', bytesMax - 1) + "ü" + after, out _, out _));
    }

    [Fact]
    public void An_error_is_one_line_whatever_a_name_holds() =>
        Assert.Equal("volume p/a\\u000ab does not exist", OperationErrors.Missing(new VolumeId("p", "", "a\nb")).Detail);

    [Fact]
    public void An_operation_id_follows_from_the_request_id_alone()
    {
        var id = OperationId.For(new RequestId("abc"));

        Assert.Equal(id, OperationId.For(new RequestId("abc")));
        Assert.NotEqual(id, OperationId.For(new RequestId("abd")));
        Assert.True(OperationId.TryParse(id.Value, out var parsed, out _));
        Assert.Equal(id, parsed);
    }

    [Theory]
    [InlineData("op-")]
    [InlineData("op-XYZ")]
    [InlineData("nonsense")]
    [InlineData("op-0123456789abcdef0123456Z")]
    public void A_malformed_operation_id_is_refused(string text) => Assert.False(OperationId.TryParse(text, out _, out _));

    [Theory]
    [InlineData("a", true)]
    [InlineData("A-1_b.c:d", true)]
    [InlineData("", false)]
    [InlineData("a b", false)]
    [InlineData("ä", false)]
    public void A_request_id_has_plain_characters(string text, bool good) => Assert.Equal(good, RequestId.TryParse(text, out _, out _));

    [Theory]
    [InlineData("4096", 4096)]
    [InlineData("1K", 1024)]
    [InlineData("10G", 10L << 30)]
    [InlineData("1.5G", 3L << 29)]
    [InlineData("512M", 512L << 20)]
    [InlineData("512MiB", 512L << 20)]
    [InlineData("2TB", 2L << 40)]
    [InlineData("0", 0)]
    [InlineData("-1G", -(1L << 30))]
    public void Sizes_are_binary(string text, long bytes)
    {
        Assert.True(SizeText.TryParse(text, out var read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("G")]
    [InlineData("abc")]
    [InlineData("1.3B")]
    [InlineData("99999999999G")]
    [InlineData("1G2")]
    public void What_is_no_size_is_refused(string text) => Assert.False(SizeText.TryParse(text, out _));
}
