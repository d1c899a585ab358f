using System.Text;

namespace Petabridge.Cmd.Wire;

/// <summary>Splits a line into words as a shell does: blanks part words, quotes of both kinds keep blanks, a backslash keeps the next character.</summary>
internal static class CommandLine
{
    /// <exception cref="FormatException">A quote is not closed.</exception>
    public static List<string> Split(string line)
    {
        var words = new List<string>();
        StringBuilder? word = null;
        var quote = '\0';
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (c == '\\' && quote != '\'' && i + 1 < line.Length)
                (word ??= new StringBuilder()).Append(line[++i]);
            else if (quote != '\0' && c == quote)
                quote = '\0';
            else if (quote != '\0')
                word!.Append(c);
            else if (c is '"' or '\'')
                (quote, word) = (c, word ?? new StringBuilder());
            else if (!char.IsWhiteSpace(c))
                (word ??= new StringBuilder()).Append(c);
            else if (word is not null)
            {
                words.Add(word.ToString());
                word = null;
            }
        }
        if (quote != '\0')
            throw new FormatException($"a {quote} is not closed");
        if (word is not null)
            words.Add(word.ToString());
        return words;
    }
}
