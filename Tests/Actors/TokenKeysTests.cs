using Mooring.Actors.Files;
using Mooring.Messages;
using Mooring.Messages.Wire;
using Mooring.Storage;

namespace Mooring.Tests.Actors;

/// <summary>Keys follow each other without a gap, and a key ends with all that it has signed.</summary>
public sealed class TokenKeysTests
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Holds = TimeSpan.FromMinutes(10);

    [Fact]
    public void Whatever_was_signed_holds_for_its_time_while_one_key_follows_the_other()
    {
        var (keys, before) = (TokenKeys.Of(Key(1), Begin), (TokenKeys?)null);
        for (var now = Begin; now < Begin + TimeSpan.FromHours(2); now += TimeSpan.FromMinutes(1))
        {
            if ((now - Begin).TotalMinutes % 20 == 0)
                (keys, before) = (keys.With(Key((int)(now - Begin).TotalMinutes), atOnce: false, now, Holds), keys);
            var text = keys.Sign(Token(now + Holds), now);
            for (var later = now; later < now + Holds; later += TimeSpan.FromMinutes(1))
                Assert.NotNull(keys.Verify(text, later));
            // A node that has not looked since the newest was made.
            if (now < keys.All[0].SignsFrom)
                Assert.NotNull(before!.Verify(text, now));
        }
    }

    [Fact]
    public void A_key_ends_with_all_that_it_has_signed()
    {
        var first = TokenKeys.Of(Key(1), Begin);
        var (stolen, forever) = (first.Sign(Token(Begin.AddYears(1)), Begin), Begin.AddYears(1));
        var second = first.With(Key(2), atOnce: false, Begin, Holds);
        Assert.NotNull(second.Verify(stolen, Begin + Holds));
        Assert.Null(second.Verify(stolen, second.All[1].EndsAt!.Value));
        Assert.Null(first.With(Key(2), atOnce: true, Begin, Holds).Verify(stolen, Begin));
        Assert.NotNull(first.Verify(stolen, forever));
    }

    [Fact]
    public void Only_so_many_are_honoured_at_one_time()
    {
        var keys = TokenKeys.Of(Key(0), Begin);
        for (var i = 1; i < TokenKeys.CountMax; i++)
            keys = keys.With(Key(i), atOnce: false, Begin, Holds);
        Assert.Equal(ErrorKind.Overloaded, Assert.Throws<BlockStoreException>(() => keys.With(Key(99), atOnce: false, Begin, Holds)).Kind);
        Assert.Equal(2, keys.With(Key(99), atOnce: false, Begin + TimeSpan.FromHours(1), Holds).All.Length);
    }

    [Fact]
    public void They_are_kept_as_they_are_and_one_of_before_is_understood()
    {
        var keys = TokenKeys.Of(Key(1), Begin).With(Key(2), atOnce: false, Begin, Holds);
        Assert.Equal(
            keys.All.Select(key => (Convert.ToHexString(key.Bytes), key.SignsFrom, key.EndsAt)),
            TokenKeys.Decode(keys.Encode()).All.Select(key => (Convert.ToHexString(key.Bytes), key.SignsFrom, key.EndsAt)));
        var before = TokenKeys.Decode(Key(7));
        Assert.NotNull(AccessToken.Verify(before.Sign(Token(Begin), Begin), Key(7)));
        // Nobody knows how old it is: nodes that know nothing of successors may be there still.
        Assert.False(before.IsDue(Begin, TimeSpan.FromDays(1)));
        Assert.True(keys.IsDue(Begin + TimeSpan.FromDays(2), TimeSpan.FromDays(1)));
    }

    private static byte[] Key(int number) => [.. Enumerable.Repeat((byte)number, AccessToken.KeyBytes)];

    private static AccessToken Token(DateTimeOffset expires) =>
        new(new AreaId(new FileSystemName("fs"), 0), "/", AccessRight.Read, new NodeName("node-1"), "127.0.0.1:1", new Epoch(1), expires);
}
