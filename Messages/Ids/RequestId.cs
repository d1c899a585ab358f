using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Mooring.Messages;

/// <summary>
/// The client's name for a request: the same id always gets the same one result, before and after a failover.
/// </summary>
/// <param name="Value">1 to 128 letters, digits, or any of <c>. _ : -</c>.</param>
[JsonConverter(typeof(TextJsonConverter<RequestId>))]
public readonly record struct RequestId(string Value) : ITextId<RequestId>
{
    /// <summary>The longest request id, in characters.</summary>
    public const int LengthMax = 128;

    private static readonly DateTimeOffset FirstMadeAt = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Reads a request id.</summary>
    /// <param name="text">What to read.</param>
    /// <param name="id">The id, when it is well formed.</param>
    /// <param name="problem">What is wrong, in one line, otherwise.</param>
    /// <returns>Whether it is well formed.</returns>
    public static bool TryParse(string? text, out RequestId id, [NotNullWhen(false)] out string? problem)
    {
        id = default;
        problem = null;
        if (string.IsNullOrEmpty(text))
            problem = "request id is empty";
        else if (text.Length > LengthMax)
            problem = $"request id is {text.Length} characters long; at most {LengthMax} are allowed";
        else if (!text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or ':' or '-'))
            problem = "request id may contain letters, digits and . _ : - only";
        else
            id = new RequestId(text);
        return problem is null;
    }

    /// <summary>When the id was made, if it is a UUID of version 7 and can be a request to Mooring; null when the id does not say.</summary>
    public DateTimeOffset? MadeAt
    {
        get
        {
            if (!Guid.TryParse(Value, out var uuid) || uuid.Version != 7)
                return null;
            var milliseconds = Convert.ToInt64(uuid.ToString("N")[..12], 16);
            // Digits that only look like one name some time between 1970 and the year 10889.
            return milliseconds >= FirstMadeAt.ToUnixTimeMilliseconds() && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
                ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
                : null;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Value;

    /// <inheritdoc/>
    public static RequestId FromText(string text) => new(text);
}
