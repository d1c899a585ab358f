using System.Collections.Immutable;
using System.Text.Json;
using Mooring.Messages;
using Mooring.Messages.Wire;
using Mooring.Storage;

namespace Mooring.Actors.Files;

/// <summary>A key that tokens of the file plane are signed with.</summary>
/// <param name="Bytes">The key.</param>
/// <param name="SignsFrom">From when on name nodes sign with it.</param>
/// <param name="EndsAt">From when on no token of it is honoured; null while it has no successor.</param>
public sealed record TokenKey(byte[] Bytes, DateTimeOffset SignsFrom, DateTimeOffset? EndsAt);

/// <summary>
/// The keys that tokens are signed with, newest first. A new key is told to all nodes before it signs, and its predecessor is honoured for as long as
/// tokens of it may hold; or it signs at once and the others end with all their tokens: whoever holds one, rightly or not, must ask for another. Never changes.
/// </summary>
/// <param name="all">The keys, newest first; at least one.</param>
public sealed class TokenKeys(ImmutableArray<TokenKey> all)
{
    /// <summary>The most keys that are honoured at one time.</summary>
    public const int CountMax = 8;

    /// <summary>How long a new key is told before it signs: nodes that are well look several times a second, and their clocks may differ.</summary>
    public static readonly TimeSpan ToldBefore = TimeSpan.FromMinutes(2);

    /// <summary>The keys, newest first.</summary>
    public ImmutableArray<TokenKey> All => all;

    /// <summary>A key that stands alone.</summary>
    /// <param name="key">The key.</param>
    /// <param name="signsFrom">From when on it signs.</param>
    /// <returns>It.</returns>
    public static TokenKeys Of(byte[] key, DateTimeOffset signsFrom = default) => new([new TokenKey(key, signsFrom, null)]);

    /// <summary>Signs a token.</summary>
    /// <param name="token">The token.</param>
    /// <param name="now">The time.</param>
    /// <returns>It as text.</returns>
    public string Sign(AccessToken token, DateTimeOffset now) => token.Sign((all.FirstOrDefault(key => key.SignsFrom <= now) ?? all[^1]).Bytes);

    /// <summary>Reads a token that was signed with a key that is honoured.</summary>
    /// <param name="text">The token as text.</param>
    /// <param name="now">The time.</param>
    /// <returns>The token, or null: as <see cref="AccessToken.Verify"/>.</returns>
    public AccessToken? Verify(string text, DateTimeOffset now) =>
        Honoured(now).Select(key => AccessToken.Verify(text, key.Bytes)).FirstOrDefault(token => token is not null);

    /// <summary>The keys with a new one.</summary>
    /// <param name="key">The new key.</param>
    /// <param name="atOnce">Whether it signs at once, and all others end at once.</param>
    /// <param name="now">The time.</param>
    /// <param name="tokenLifetime">How long a token holds.</param>
    /// <returns>The keys then.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.Overloaded"/> while too many are still honoured.</exception>
    public TokenKeys With(byte[] key, bool atOnce, DateTimeOffset now, TimeSpan tokenLifetime)
    {
        if (atOnce)
            return Of(key, now);
        var honoured = Honoured(now).ToList();
        if (honoured.Count >= CountMax)
            throw new BlockStoreException(ErrorKind.Overloaded, $"{honoured.Count} keys are honoured still; the next of them ends at {honoured.Min(known => known.EndsAt):u}");
        var signsFrom = now + ToldBefore;
        return new TokenKeys([
            new TokenKey(key, signsFrom, null),
            .. honoured.Select(known => known with { EndsAt = known.EndsAt ?? signsFrom + tokenLifetime + AttemptLedger.SkewMax })]);
    }

    /// <summary>Whether the newest is old enough for a successor. Of one that was made before keys had dates nobody knows.</summary>
    /// <param name="now">The time.</param>
    /// <param name="lifetime">How long a key signs.</param>
    /// <returns>Whether it is.</returns>
    public bool IsDue(DateTimeOffset now, TimeSpan lifetime) =>
        all[0].SignsFrom is var since && since != default && now - since >= lifetime && Honoured(now).Count() < CountMax;

    /// <summary>The form in the store.</summary>
    /// <returns>The bytes.</returns>
    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(all, FileRecordsJson.Default.ImmutableArrayTokenKey);

    /// <summary>Reads the form in the store, or a key alone, as it was kept before keys had successors.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <returns>The keys.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.Damaged"/>.</exception>
    public static TokenKeys Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == AccessToken.KeyBytes)
            return Of(bytes.ToArray());
        try
        {
            if (JsonSerializer.Deserialize(bytes, FileRecordsJson.Default.ImmutableArrayTokenKey) is { IsDefaultOrEmpty: false } all && all.All(key => key.Bytes is { Length: AccessToken.KeyBytes }))
                return new TokenKeys(all);
        }
        catch (JsonException)
        {
            // Told below.
        }
        throw new BlockStoreException(ErrorKind.Damaged, "the record of the keys that rights to files are signed with cannot be read");
    }

    /// <summary>The keys of which tokens are honoured.</summary>
    /// <param name="now">The time.</param>
    /// <returns>They, newest first.</returns>
    public IEnumerable<TokenKey> Honoured(DateTimeOffset now) => all.Where(key => key.EndsAt is not { } end || now < end);
}
