using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace Mooring.Messages;

/// <summary>
/// Names an operation. It is derived from the request id, so that every node, and the client itself, computes the same one.
/// </summary>
/// <param name="Value"><c>op-</c> and 24 hexadecimal digits.</param>
[JsonConverter(typeof(TextJsonConverter<OperationId>))]
public readonly record struct OperationId(string Value) : ITextId<OperationId>
{
    /// <summary>What every one begins with.</summary>
    public const string Prefix = "op-";

    private const int DigitCount = 24;

    /// <summary>The operation of a request.</summary>
    /// <param name="request">The client's request id.</param>
    /// <returns>Always the same for the same request id.</returns>
    public static OperationId For(RequestId request) =>
        new(Prefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request.Value)))[..DigitCount]);

    /// <summary>Reads an operation id.</summary>
    /// <param name="text">What to read.</param>
    /// <param name="id">The id, when it is well formed.</param>
    /// <param name="problem">What is wrong, in one line, otherwise.</param>
    /// <returns>Whether it is well formed.</returns>
    public static bool TryParse(string? text, out OperationId id, [NotNullWhen(false)] out string? problem)
    {
        var wellFormed = text?.Length == Prefix.Length + DigitCount && text.StartsWith(Prefix, StringComparison.Ordinal) && text.Skip(Prefix.Length).All(char.IsAsciiHexDigitLower);
        id = wellFormed ? new OperationId(text!) : default;
        problem = wellFormed ? null : $"'{text}' is not an operation id: expected {Prefix} and {DigitCount} hexadecimal digits";
        return wellFormed;
    }

    /// <inheritdoc/>
    public override string ToString() => Value;

    /// <inheritdoc/>
    public static OperationId FromText(string text) => new(text);
}
