namespace Mooring.Cli.Interactive;

/// <summary>What a key did to the line.</summary>
internal enum LineEvent
{
    /// <summary>The line may have changed.</summary>
    Edited,

    /// <summary>The line is complete.</summary>
    Entered,

    /// <summary>Completion is wanted.</summary>
    Completing,

    /// <summary>The line was given up (Ctrl-C).</summary>
    Abandoned,

    /// <summary>Nothing more comes (Ctrl-D on an empty line).</summary>
    Ended,
}

/// <summary>A line that is being typed, its cursor, and the lines before it.</summary>
internal sealed class LineBuffer(List<string> history)
{
    private const int LineLengthMax = 4096;

    private int _at = history.Count;
    private string _draft = "";

    public string Text { get; private set; } = "";

    public int Cursor { get; private set; }

    /// <summary>Puts text in at the cursor; what would make the line too long is left out.</summary>
    public void Insert(string text)
    {
        if (Text.Length + text.Length > LineLengthMax)
            return;
        Text = Text.Insert(Cursor, text);
        Cursor += text.Length;
    }

    public LineEvent Apply(ConsoleKeyInfo key)
    {
        if (key.Modifiers.HasFlag(ConsoleModifiers.Control))
            return ApplyControl(key.Key);
        switch (key.Key)
        {
            case ConsoleKey.Enter:
                return LineEvent.Entered;
            case ConsoleKey.Tab:
                return LineEvent.Completing;
            case ConsoleKey.Backspace when Cursor > 0:
                Text = Text.Remove(--Cursor, 1);
                break;
            case ConsoleKey.Delete when Cursor < Text.Length:
                Text = Text.Remove(Cursor, 1);
                break;
            case ConsoleKey.LeftArrow:
                Cursor = Math.Max(0, Cursor - 1);
                break;
            case ConsoleKey.RightArrow:
                Cursor = Math.Min(Text.Length, Cursor + 1);
                break;
            case ConsoleKey.Home:
                Cursor = 0;
                break;
            case ConsoleKey.End:
                Cursor = Text.Length;
                break;
            case ConsoleKey.UpArrow when _at > 0:
                Recall(_at - 1);
                break;
            case ConsoleKey.DownArrow when _at < history.Count:
                Recall(_at + 1);
                break;
            default:
                if (!char.IsControl(key.KeyChar))
                    Insert(key.KeyChar.ToString());
                break;
        }
        return LineEvent.Edited;
    }

    private LineEvent ApplyControl(ConsoleKey key)
    {
        switch (key)
        {
            case ConsoleKey.C:
                return LineEvent.Abandoned;
            case ConsoleKey.D when Text.Length == 0:
                return LineEvent.Ended;
            case ConsoleKey.A:
                Cursor = 0;
                break;
            case ConsoleKey.E:
                Cursor = Text.Length;
                break;
            case ConsoleKey.U:
                (Text, Cursor) = (Text[Cursor..], 0);
                break;
            case ConsoleKey.K:
                Text = Text[..Cursor];
                break;
            case ConsoleKey.W:
                var start = Text[..Cursor].TrimEnd().LastIndexOf(' ') + 1;
                (Text, Cursor) = (Text.Remove(start, Cursor - start), start);
                break;
        }
        return LineEvent.Edited;
    }

    private void Recall(int at)
    {
        if (_at == history.Count)
            _draft = Text;
        _at = at;
        Text = at == history.Count ? _draft : history[at];
        Cursor = Text.Length;
    }
}
