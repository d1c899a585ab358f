using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace Mooring.Messages.Wire;

/// <summary>What a token permits.</summary>
public enum AccessRight : byte
{
    /// <summary>To read from a node (the second data nodes' right).</summary>
    Read = 1,

    /// <summary>To write through a node (the first data node's right).</summary>
    Write = 2,

    /// <summary>To hand metadata to a reader; only between data nodes.</summary>
    Push = 3,
}

/// <summary>
/// A permission of the name node, signed so that data nodes can check it by themselves (F3). As text: base64url of version, fields and an
/// HMAC-SHA256 over both.
/// </summary>
/// <param name="Area">The area.</param>
/// <param name="Path">The path that it holds for, and all below it.</param>
/// <param name="Right">What it permits.</param>
/// <param name="Node">The node that may honour it.</param>
/// <param name="Address">That node's address.</param>
/// <param name="Epoch">The writer's epoch when it was signed; it ends with that epoch.</param>
/// <param name="ExpiresAt">When it ends at the latest; to the millisecond.</param>
public sealed record AccessToken(AreaId Area, string Path, AccessRight Right, NodeName Node, string Address, Epoch Epoch, DateTimeOffset ExpiresAt)
{
    /// <summary>The length of a key, in bytes.</summary>
    public const int KeyBytes = 32;

    private const byte Version = 1;
    private const int SignatureBytes = HMACSHA256.HashSizeInBytes;

    /// <summary>Signs it.</summary>
    /// <param name="key">The cluster's key.</param>
    /// <returns>The token as text.</returns>
    public string Sign(ReadOnlySpan<byte> key)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        var writer = new WireWriter(buffer);
        writer.Byte(Version);
        writer.Text(Area.FileSystem.Value);
        writer.Int32(Area.Number);
        writer.Text(Path);
        writer.Byte((byte)Right);
        writer.Text(Node.Value);
        writer.Text(Address);
        writer.Int64(Epoch.Value);
        writer.Int64(ExpiresAt.ToUnixTimeMilliseconds());
        Span<byte> signature = stackalloc byte[SignatureBytes];
        HMACSHA256.HashData(key, buffer.WrittenSpan, signature);
        buffer.Write(signature);
        return Base64Url.EncodeToString(buffer.WrittenSpan);
    }

    /// <summary>Reads a token whose signature is right.</summary>
    /// <param name="text">The token as text.</param>
    /// <param name="key">The cluster's key.</param>
    /// <returns>The token; null when it is malformed, altered, or signed with another key: which of them is nobody's business.</returns>
    public static AccessToken? Verify(string text, ReadOnlySpan<byte> key)
    {
        if (text.Length is 0 or > 16384 || !Base64Url.IsValid(text))
            return null;
        var bytes = Base64Url.DecodeFromChars(text);
        if (bytes.Length <= SignatureBytes)
            return null;
        var content = bytes.AsSpan(0, bytes.Length - SignatureBytes);
        Span<byte> signature = stackalloc byte[SignatureBytes];
        HMACSHA256.HashData(key, content, signature);
        // Takes as long whatever differs.
        if (!CryptographicOperations.FixedTimeEquals(signature, bytes.AsSpan(content.Length)))
            return null;
        try
        {
            var reader = new WireReader(content);
            if (reader.Byte() != Version)
                return null;
            var token = new AccessToken(
                new AreaId(new FileSystemName(reader.Text()), reader.Int32()),
                reader.Text(),
                (AccessRight)reader.Byte(),
                new NodeName(reader.Text()),
                reader.Text(),
                new Epoch(reader.Int64()),
                DateTimeOffset.FromUnixTimeMilliseconds(reader.Int64()));
            reader.End();
            return token;
        }
        catch (Exception e) when (e is WireException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    /// <summary>Why a node must not honour a token for a request, or null.</summary>
    /// <param name="right">What the request needs.</param>
    /// <param name="path">The path that it is about.</param>
    /// <param name="node">The node.</param>
    /// <param name="epoch">The epoch that the node knows of the area.</param>
    /// <param name="now">The time now.</param>
    /// <returns>The refusal, or null.</returns>
    public OperationError? Refuse(AccessRight right, string path, NodeName node, Epoch epoch, DateTimeOffset now)
    {
        if (Node != node)
            return new OperationError(ErrorKind.PermissionDenied, $"the token is for {Node}, not for {node}");
        if (Right != right)
            return new OperationError(ErrorKind.PermissionDenied, $"the token permits to {Right.ToString().ToLowerInvariant()}, not to {right.ToString().ToLowerInvariant()}");
        if (!FilePath.IsWithin(path, Path))
            return new OperationError(ErrorKind.PermissionDenied, $"the token holds for {Path}, not for {path}");
        if (now >= ExpiresAt)
            return new OperationError(ErrorKind.PermissionDenied, "the token has expired");
        if (Epoch.Value < epoch.Value)
            return new OperationError(ErrorKind.Fenced, $"the token is of epoch {Epoch}; area {Area} is at epoch {epoch} now");
        return Epoch.Value > epoch.Value ? new OperationError(ErrorKind.Unavailable, $"{node} has not heard of epoch {Epoch} of area {Area} yet") : null;
    }
}
