using System.Security.Cryptography;

namespace Mooring.Actors.Files;

/// <summary>Where keys and ids come from.</summary>
public interface IEntropy
{
    /// <summary>Bytes that nobody can guess.</summary>
    /// <param name="count">How many.</param>
    /// <returns>The bytes.</returns>
    byte[] Bytes(int count);
}

/// <summary>The operating system's entropy.</summary>
public sealed class SystemEntropy : IEntropy
{
    /// <inheritdoc/>
    public byte[] Bytes(int count) => RandomNumberGenerator.GetBytes(count);
}
