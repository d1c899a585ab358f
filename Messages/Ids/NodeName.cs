using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Mooring.Messages;

/// <summary>Names a storage node, the same across restarts of its process.</summary>
/// <param name="Value">1 to 63 letters, digits, or any of <c>. _ -</c>.</param>
[JsonConverter(typeof(TextJsonConverter<NodeName>))]
public readonly record struct NodeName(string Value) : ITextId<NodeName>
{
    /// <summary>Reads a node's name.</summary>
    /// <param name="text">What to read.</param>
    /// <param name="name">The name, when it is well formed.</param>
    /// <param name="problem">What is wrong, in one line, otherwise.</param>
    /// <returns>Whether it is well formed.</returns>
    public static bool TryParse(string? text, out NodeName name, [NotNullWhen(false)] out string? problem)
    {
        var wellFormed = text is { Length: >= 1 and <= 63 } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
        name = wellFormed ? new NodeName(text!) : default;
        problem = wellFormed ? null : $"'{text}' is not a node name: expected 1 to 63 letters, digits, or . _ -";
        return wellFormed;
    }

    /// <inheritdoc/>
    public override string ToString() => Value;

    /// <inheritdoc/>
    public static NodeName FromText(string text) => new(text);
}
