using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Mooring.Messages;

namespace Mooring.Operations;

/// <summary>What the bearer of a token may do. Each may what those before it may.</summary>
public enum ClientRole
{
    /// <summary>Ask questions and read bytes.</summary>
    Viewer,

    /// <summary>Change volumes and files.</summary>
    Operator,

    /// <summary>Make and end tokens.</summary>
    Admin,
}

/// <summary>
/// A token by which a client shows who it is, as it is kept: its secret is not in it. As text it is the name, a dot and the secret. The secret is random and
/// long, so that its hash need not be a slow one.
/// </summary>
/// <param name="Name">Its name, which no other has: 1 to 64 of a-z, 0-9 and -.</param>
/// <param name="Role">What its bearer may do.</param>
/// <param name="Scopes">Where: <c>POOL</c>, <c>POOL/NAMESPACE</c> or <c>fs:FILESYSTEM</c>; empty for everywhere.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">When it ends; null for one that is valid until it is revoked.</param>
/// <param name="SecretSha256">The hash of its secret, in hexadecimal.</param>
public sealed partial record ClientToken(
    string Name, ClientRole Role, IReadOnlyList<string> Scopes, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, string SecretSha256)
{
    private const int SecretBytes = 32;
    private const string FileSystemScope = "fs:";

    /// <summary>Makes a token.</summary>
    /// <param name="name">As <see cref="Name"/>.</param>
    /// <param name="role">As <see cref="Role"/>.</param>
    /// <param name="scopes">As <see cref="Scopes"/>.</param>
    /// <param name="now">The time now.</param>
    /// <param name="expiresAt">As <see cref="ExpiresAt"/>.</param>
    /// <returns>What is kept, and the text, which only its bearer has.</returns>
    /// <exception cref="FormatException">The name or a scope is wrong, or it would have ended already.</exception>
    public static (ClientToken Kept, string Text) Make(string name, ClientRole role, IReadOnlyList<string> scopes, DateTimeOffset now, DateTimeOffset? expiresAt)
    {
        var secret = RandomNumberGenerator.GetBytes(SecretBytes);
        return (Of(name, secret, role, scopes, now, expiresAt), $"{name}.{Base64Url.EncodeToString(secret)}");
    }

    /// <summary>The token that a name and a secret belong to, as it is kept.</summary>
    /// <param name="name">As <see cref="Name"/>.</param>
    /// <param name="secret">What its bearer has.</param>
    /// <param name="role">As <see cref="Role"/>.</param>
    /// <param name="scopes">As <see cref="Scopes"/>.</param>
    /// <param name="now">The time now.</param>
    /// <param name="expiresAt">As <see cref="ExpiresAt"/>.</param>
    /// <returns>What is kept.</returns>
    /// <exception cref="FormatException">The name or a scope is wrong, or it would have ended already.</exception>
    public static ClientToken Of(string name, byte[] secret, ClientRole role, IReadOnlyList<string> scopes, DateTimeOffset now, DateTimeOffset? expiresAt)
    {
        if (!NameForm().IsMatch(name))
            throw new FormatException($"token name '{name}' is not 1 to 64 of a-z, 0-9 and -, beginning with a letter");
        foreach (var scope in scopes)
            RequireScope(scope);
        if (role == ClientRole.Admin && scopes.Count > 0)
            throw new FormatException("who makes tokens can make one for everywhere: an admin has no scopes");
        if (expiresAt <= now)
            throw new FormatException("the token would have ended already");
        return new ClientToken(name, role, scopes, now, expiresAt, HashOf(secret));
    }

    /// <summary>Takes a token's text apart.</summary>
    /// <param name="text">What a client shows.</param>
    /// <param name="name">The name that it claims.</param>
    /// <param name="secret">The secret.</param>
    /// <returns>Whether it has the form of a token.</returns>
    public static bool TryRead(string text, out string name, out byte[] secret)
    {
        (name, secret) = ("", []);
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0 || !NameForm().IsMatch(text.AsSpan(0, dot)) || !Base64Url.IsValid(text.AsSpan(dot + 1), out var length) || length != SecretBytes)
            return false;
        (name, secret) = (text[..dot], Base64Url.DecodeFromChars(text.AsSpan(dot + 1)));
        return true;
    }

    /// <summary>Whether somebody who shows a secret is the bearer. Takes the same time however wrong the secret is.</summary>
    /// <param name="secret">The secret.</param>
    /// <param name="now">The time now.</param>
    /// <returns>False also when the token has ended.</returns>
    public bool IsShownBy(byte[] secret, DateTimeOffset now) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(HashOf(secret)), Encoding.ASCII.GetBytes(SecretSha256)) && !(ExpiresAt <= now);

    /// <summary>Whether the bearer may go where an address is.</summary>
    /// <param name="address">A volume, a group, or a pool and namespace.</param>
    /// <returns>True when it lies in a scope.</returns>
    public bool Reaches(VolumeId address) => Scopes.Count == 0
        || Scopes.Any(scope => scope == address.Pool || (address.Namespace.Length > 0 && scope == $"{address.Pool}/{address.Namespace}"));

    /// <summary>Whether the bearer may go to a file system.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>True when it is a scope.</returns>
    public bool ReachesFileSystem(string name) => Scopes.Count == 0 || Scopes.Contains(FileSystemScope + name);

    /// <summary>
    /// Whether the bearer may have a command carried out: all that it names, and the pool of its data, must be within reach, and it must touch nothing else.
    /// </summary>
    /// <param name="command">The command.</param>
    /// <returns>True when they are.</returns>
    public bool Reaches(VolumeCommand command) => Scopes.Count == 0 || (!OperationCatalog.Of(command).TouchesMore && AllNamed(command));

    private bool AllNamed(VolumeCommand command) =>
        OperationCatalog.Of(command).Parameters.OfType<Parameter<VolumeId>>().Select(p => p.Of(command)).All(Reaches)
        && Reaches(command.Volume)
        && (command.SourceVolume is not { } source || Reaches(source))
        && (command is not ILaidOut { DataPool: { } pool } || Reaches(new VolumeId(pool, "", "")));

    /// <summary>Whether the bearer may ask a question: all that it names must be within reach, and what names nothing is about everything.</summary>
    /// <param name="read">Its kind.</param>
    /// <param name="question">The question.</param>
    /// <returns>True when it may.</returns>
    public bool Reaches(Read read, GetRows question) => Scopes.Count == 0
        || (read.Parameters.Count > 0 && read.Parameters.All(p => p is Parameter<VolumeId> place && ReachesNamed(place, question.Arguments.GetValueOrDefault(p.Name))));

    private bool ReachesNamed(Parameter<VolumeId> place, string? text)
    {
        var given = new Given();
        // What is malformed is refused by who answers.
        return text is null || !place.TryGive(text, given, out _) || Reaches(given.Get(place));
    }

    private static void RequireScope(string scope)
    {
        if (scope is null)
            throw new FormatException("a scope is null");
        if (scope.StartsWith(FileSystemScope, StringComparison.Ordinal))
        {
            if (!FileSystemName.TryParse(scope[FileSystemScope.Length..], out _, out var problem))
                throw new FormatException(problem);
            return;
        }
        var parts = scope.Split('/');
        if (parts.Length > 2 || parts.Any(part => part.Length == 0) || new VolumeId(parts[0], parts.ElementAtOrDefault(1) ?? "", "any").Validate() is not null)
            throw new FormatException($"scope '{scope}' is not POOL, POOL/NAMESPACE or fs:FILESYSTEM");
    }

    private static string HashOf(byte[] secret) => Convert.ToHexStringLower(SHA256.HashData(secret));

    [GeneratedRegex("^[a-z][a-z0-9-]{0,63}$(?!\n)")]
    private static partial Regex NameForm();
}
