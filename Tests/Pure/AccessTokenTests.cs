using Mooring.Messages;
using Mooring.Messages.Wire;

namespace Mooring.Tests.Pure;

public class AccessTokenTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly byte[] Key = [.. Enumerable.Range(0, AccessToken.KeyBytes).Select(i => (byte)i)];
    private static readonly NodeName Node = new("node-2");

    private static readonly AccessToken Token = new(
        new AreaId(new FileSystemName("fs"), 3), "/a", AccessRight.Write, Node, "127.0.0.12:8471", new Epoch(7), Now.AddMinutes(5));

    [Fact]
    public void What_was_signed_is_read_again() => Assert.Equal(Token, AccessToken.Verify(Token.Sign(Key), Key));

    [Fact]
    public void Another_key_is_not_honoured()
    {
        var other = Key.ToArray();
        other[31] ^= 1;

        Assert.Null(AccessToken.Verify(Token.Sign(other), Key));
    }

    [Fact]
    public void Whatever_is_altered_is_noticed()
    {
        var text = Token.Sign(Key);
        for (var i = 0; i < text.Length; i++)
        {
            var altered = text.ToCharArray();
            altered[i] = altered[i] == 'A' ? 'B' : 'A';
            // The last character may hold bits that mean nothing.
            var read = AccessToken.Verify(new string(altered), Key);
            Assert.True(read is null || (i == text.Length - 1 && read == Token), $"character {i}");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("not base64 !")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void What_is_no_token_is_none(string text) => Assert.Null(AccessToken.Verify(text, Key));

    [Fact]
    public void A_token_cut_short_or_made_longer_is_none()
    {
        var text = Token.Sign(Key);

        Assert.All(Enumerable.Range(0, text.Length), length => Assert.Null(AccessToken.Verify(text[..length], Key)));
        Assert.Null(AccessToken.Verify(text + "AAAA", Key));
        Assert.Null(AccessToken.Verify(new string('A', 1 << 20), Key));
    }

    public static TheoryData<string, AccessRight, string, string, long, double, ErrorKind?> Uses => new()
    {
        { "as it was meant", AccessRight.Write, "/a", "node-2", 7, 0, null },
        { "below its path", AccessRight.Write, "/a/b/c", "node-2", 7, 4.9, null },
        { "wrong right", AccessRight.Read, "/a", "node-2", 7, 0, ErrorKind.PermissionDenied },
        { "wrong right", AccessRight.Push, "/a", "node-2", 7, 0, ErrorKind.PermissionDenied },
        { "another node", AccessRight.Write, "/a", "node-1", 7, 0, ErrorKind.PermissionDenied },
        { "outside its path", AccessRight.Write, "/ab", "node-2", 7, 0, ErrorKind.PermissionDenied },
        { "above its path", AccessRight.Write, "/", "node-2", 7, 0, ErrorKind.PermissionDenied },
        { "expired", AccessRight.Write, "/a", "node-2", 7, 5, ErrorKind.PermissionDenied },
        { "after its epoch", AccessRight.Write, "/a", "node-2", 8, 0, ErrorKind.Fenced },
        { "before the node has heard of its epoch", AccessRight.Write, "/a", "node-2", 6, 0, ErrorKind.Unavailable },
    };

    [Theory]
    [MemberData(nameof(Uses))]
    public void It_is_honoured_for_what_it_says_only(string what, AccessRight right, string path, string node, long epoch, double minutes, ErrorKind? refused) =>
        Assert.True(Token.Refuse(right, path, new NodeName(node), new Epoch(epoch), Now.AddMinutes(minutes))?.Kind == refused, what);
}
