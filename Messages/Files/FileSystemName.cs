using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Mooring.Messages;

/// <summary>Names a file system.</summary>
/// <param name="Value">1 to 63 letters, digits, or any of <c>. _ -</c>; begins with a letter or a digit.</param>
[JsonConverter(typeof(TextJsonConverter<FileSystemName>))]
public readonly record struct FileSystemName(string Value) : ITextId<FileSystemName>
{
    /// <summary>Reads a file system's name.</summary>
    /// <param name="text">What to read.</param>
    /// <param name="name">The name, when it is well formed.</param>
    /// <param name="problem">What is wrong, in one line, otherwise.</param>
    /// <returns>Whether it is well formed.</returns>
    public static bool TryParse(string? text, out FileSystemName name, [NotNullWhen(false)] out string? problem)
    {
        var wellFormed = text is { Length: >= 1 and <= 63 } && char.IsAsciiLetterOrDigit(text[0])
            && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
        name = wellFormed ? new FileSystemName(text!) : default;
        problem = wellFormed ? null : $"'{text}' is not a file system name: expected 1 to 63 letters, digits, or . _ -, the first a letter or a digit";
        return wellFormed;
    }

    /// <inheritdoc/>
    public override string ToString() => Value;

    /// <inheritdoc/>
    public static FileSystemName FromText(string text) => new(text);
}
