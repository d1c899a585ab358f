namespace Akka.Util;

/// <summary>Short names from counters.</summary>
internal static class Base64Encoding
{
    private const string Symbols = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+~";

    /// <summary>The value in base 64, lowest digit first, behind a prefix: names of temporary and anonymous actors.</summary>
    public static string Base64Encode(this long value, string prefix = "")
    {
        Span<char> buffer = stackalloc char[11];
        var length = 0;
        var rest = (ulong)value;
        do
        {
            buffer[length++] = Symbols[(int)(rest & 63)];
            rest >>= 6;
        }
        while (rest != 0);
        return string.Concat(prefix, buffer[..length]);
    }
}
