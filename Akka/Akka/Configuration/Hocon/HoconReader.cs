using System.Globalization;
using System.Text;

namespace Akka.Configuration.Hocon;

/// <summary>Recursive descent over one HOCON text, into a <see cref="HoconDocument"/>.</summary>
internal sealed class HoconReader
{
    private const string NotInUnquoted = "$\"{}[]:=,#`^?!@*&\\";

    private readonly string _text;
    private readonly HoconDocument _document;
    private readonly HoconIncludes _includes;
    private int _at;

    public HoconReader(string text, HoconDocument document, HoconIncludes includes)
    {
        _text = text;
        _document = document;
        _includes = includes;
        if (text.StartsWith('\uFEFF')) _at = 1;
    }

    private bool End => _at >= _text.Length;

    private char Current => _at < _text.Length ? _text[_at] : '\0';

    public void ReadDocument()
    {
        SkipBlank();
        if (Current == '[') throw Error("a configuration is an object, not a list");
        if (Current != '{')
        {
            ReadFields(_document.Fields, [], openedAt: -1);
            return;
        }

        var openedAt = _at++;
        ReadFields(_document.Fields, [], openedAt);
        SkipBlank();
        if (!End) throw Error($"unexpected '{Current}' after the end of the document");
    }

    private void ReadFields(HoconObject target, List<string> path, int openedAt)
    {
        while (true)
        {
            SkipBlank(commas: true);
            if (End)
            {
                if (openedAt < 0) return;
                throw Error($"'}}' is missing for the '{{' of line {LineOf(openedAt)}");
            }

            if (Current == '}')
            {
                if (openedAt < 0) throw Error("unexpected '}'");
                _at++;
                return;
            }

            if (AtInclude()) ReadInclude(target, path);
            else ReadField(target, path);
        }
    }

    private void ReadField(HoconObject target, List<string> path)
    {
        var depth = path.Count;
        var start = _at;
        ReadKey(path);
        var key = path[^1];
        var owner = target;
        for (var i = depth; i < path.Count - 1; i++) owner = ObjectAt(owner, path[i]);

        SkipBlank();
        var append = Current == '+' && Peek(1) == '=';
        if (append) _at += 2;
        else if (Current is ':' or '=') _at++;
        else if (Current != '{') throw Error($"':', '=' or '{{' is missing after the key '{HoconPath.Join(path)}'", start);
        SkipBlank();

        owner.Items.TryGetValue(key, out var existing);
        var value = ReadValue(path, existing, LineOf(start));
        if (append) value = Appended(HoconPath.Join(path), existing, value);
        Assign(owner, key, HoconPath.Join(path), existing, value);
        path.RemoveRange(depth, path.Count - depth);
    }

    private HoconValue Appended(string path, HoconValue? existing, HoconValue item)
    {
        var self = new HoconSubstitution(path) { IsOptional = true, Line = item.Line, Previous = existing, IsSelf = true };
        _document.Substitutions.Add(self);
        var value = new HoconValue { Line = item.Line };
        value.AppendValue(self);
        value.AppendValue(new HoconArray { item });
        return value;
    }

    private void Assign(HoconObject owner, string key, string path, HoconValue? existing, HoconValue value)
    {
        if (ReferenceEquals(existing, value)) return;
        BindSelfReferences(value, path, existing);
        if (existing is not null && (HasSubstitution(value) || IsObjectToBe(value) && NeedsResolving(existing))) value.Overridden = existing;
        if (NeedsResolving(value)) _document.Pending.Add(new HoconPending(owner, key, null, value));
        owner.Items[key] = value;
    }

    /// <summary>The object behind a key on the way to a dotted key; made when there is none.</summary>
    private HoconObject ObjectAt(HoconObject owner, string key)
    {
        if (owner.Items.TryGetValue(key, out var existing) && existing.Values is [HoconObject nested]) return nested;
        var made = new HoconObject();
        var value = new HoconValue { Line = LineOf(_at) };
        value.AppendValue(made);
        if (existing is not null && NeedsResolving(existing))
        {
            value.Overridden = existing;
            _document.Pending.Add(new HoconPending(owner, key, null, value));
        }

        owner.Items[key] = value;
        return made;
    }

    private static void BindSelfReferences(HoconValue value, string path, HoconValue? existing)
    {
        foreach (var element in value.Values)
        {
            if (element is HoconSubstitution substitution && substitution.Path == path)
            {
                substitution.IsSelf = true;
                substitution.Previous = existing;
            }
            else if (element is HoconArray array)
            {
                foreach (var item in array) BindSelfReferences(item, path, existing);
            }
        }
    }

    private static bool HasSubstitution(HoconValue value) => value.Values.Exists(element => element is HoconSubstitution);

    private static bool NeedsResolving(HoconValue value) => value.Overridden is not null || HasSubstitution(value);

    private static bool IsObjectToBe(HoconValue value) => value.Values is [HoconObject];

    private void ReadKey(List<string> path)
    {
        while (true)
        {
            if (Current == '"')
            {
                path.Add(ReadQuoted());
            }
            else
            {
                var start = _at;
                while (!End && Current != '.' && Current is not ('\n' or '\r') && !AtComment() && !AtAppend() && !NotInUnquoted.Contains(Current)) _at++;
                var key = _text[start.._at].TrimEnd();
                if (key.Length == 0) throw Error(End ? "a key is expected" : $"a key is expected, but there is '{Current}'");
                path.Add(key);
            }

            SkipSpaces();
            if (Current != '.') return;
            _at++;
            SkipSpaces();
        }
    }

    /// <summary>
    /// A value up to the end of the line or a comma. An object in first place is read into the object that the key already has,
    /// so that the two are merged and references to earlier values work.
    /// </summary>
    private HoconValue ReadValue(List<string> path, HoconValue? existing, int line)
    {
        var value = new HoconValue { Line = line };
        var blank = "";
        while (!End && Current is not ('\n' or '\r' or ',' or '}' or ']') && !AtComment())
        {
            if (IsSpace(Current))
            {
                var start = _at;
                SkipSpaces();
                blank = _text[start.._at];
                continue;
            }

            AddElement(value, blank, ReadElement(path, value.Values.Count == 0 ? existing : null));
            blank = "";
        }

        if (value.Values.Count == 0) throw Error($"a value is missing for '{HoconPath.Join(path)}'");
        return existing is not null && value.Values is [HoconObject read] && existing.Values is [HoconObject same] && ReferenceEquals(read, same)
            ? existing
            : value;
    }

    private IHoconElement ReadElement(List<string> path, HoconValue? existing)
    {
        switch (Current)
        {
            case '{':
                var openedAt = _at++;
                var fields = existing?.Values is [HoconObject same] ? same : new HoconObject();
                ReadFields(fields, path, openedAt);
                return fields;
            case '[':
                return ReadArray(path);
            case '"':
                return new HoconLiteral { Value = ReadQuoted(), IsQuoted = true };
            case '$' when Peek(1) == '{':
                return ReadSubstitution();
            default:
                var start = _at;
                while (!End && !IsSpace(Current) && Current is not ('\n' or '\r') && !AtComment() && !NotInUnquoted.Contains(Current)) _at++;
                if (_at == start) throw Error($"unexpected '{Current}': put the text in quotes");
                return new HoconLiteral { Value = _text[start.._at] };
        }
    }

    private void AddElement(HoconValue value, string blank, IHoconElement element)
    {
        if (value.Values.Count == 0)
        {
            value.AppendValue(element);
            return;
        }

        var last = value.Values[^1];
        if (last is HoconLiteral text && element is HoconLiteral more)
        {
            var quoted = text.IsQuoted || more.IsQuoted;
            value.Values[^1] = new HoconLiteral { Value = text.Value + blank + more.Value, IsQuoted = quoted };
            return;
        }

        if (last is HoconSubstitution || element is HoconSubstitution)
        {
            // whether the blanks count is known when the substitution is: they do between texts
            if (blank.Length > 0 && last is not (HoconObject or HoconArray) && element is not (HoconObject or HoconArray))
                value.AppendValue(new HoconLiteral { Value = blank, IsBlank = true });
        }
        else if (last.GetType() != element.GetType())
        {
            throw Error("text, lists and objects cannot be joined");
        }

        value.AppendValue(element);
    }

    private HoconArray ReadArray(List<string> path)
    {
        var openedAt = _at++;
        var array = new HoconArray();
        while (true)
        {
            SkipBlank(commas: true);
            if (End) throw Error($"']' is missing for the '[' of line {LineOf(openedAt)}");
            if (Current == ']')
            {
                _at++;
                return array;
            }

            if (Current == '}') throw Error("unexpected '}' in a list");
            var item = ReadValue(path, null, LineOf(_at));
            array.Add(item);
            if (NeedsResolving(item)) _document.Pending.Add(new HoconPending(null, "", array, item));
        }
    }

    private HoconSubstitution ReadSubstitution()
    {
        var start = _at;
        _at += 2;
        var optional = Current == '?';
        if (optional) _at++;
        var keys = new List<string>();
        SkipSpaces();
        ReadKey(keys);
        if (Current != '}') throw Error("'}' is missing at the end of a substitution", start);
        _at++;
        var substitution = new HoconSubstitution(HoconPath.Join(keys)) { IsOptional = optional, Line = LineOf(start) };
        _document.Substitutions.Add(substitution);
        return substitution;
    }

    private bool AtInclude()
    {
        const string word = "include";
        if (string.CompareOrdinal(_text, _at, word, 0, word.Length) != 0) return false;
        var next = _at + word.Length;
        if (next >= _text.Length || !IsSpace(_text[next])) return false;
        while (next < _text.Length && IsSpace(_text[next])) next++;
        var rest = _text.AsSpan(next);
        return rest.StartsWith("\"") || rest.StartsWith("file(") || rest.StartsWith("classpath(") || rest.StartsWith("required(");
    }

    private void ReadInclude(HoconObject target, List<string> path)
    {
        var start = _at;
        _at += "include".Length;
        SkipSpaces();
        var required = TakeWord("required(");
        var kind = TakeWord("file(") ? HoconIncludeKind.File : TakeWord("classpath(") ? HoconIncludeKind.Resource : HoconIncludeKind.Any;
        if (Current != '"') throw Error("the name of what is to be included stands in quotes", start);
        var name = ReadQuoted();
        for (var brackets = (required ? 1 : 0) + (kind == HoconIncludeKind.Any ? 0 : 1); brackets > 0; brackets--)
        {
            SkipSpaces();
            if (Current != ')') throw Error("')' is missing", start);
            _at++;
        }

        HoconDocument? included;
        try
        {
            included = _includes.Load(kind, name, required);
        }
        catch (ConfigurationException e)
        {
            throw new ConfigurationException($"{e.Message} (included as '{name}' in line {LineOf(start)})", e);
        }

        if (included is not null) _document.Include(included, target, HoconPath.Join(path));
    }

    private bool TakeWord(string word)
    {
        if (string.CompareOrdinal(_text, _at, word, 0, word.Length) != 0) return false;
        _at += word.Length;
        SkipSpaces();
        return true;
    }

    private string ReadQuoted()
    {
        var start = _at;
        if (Peek(1) == '"' && Peek(2) == '"') return ReadTripleQuoted();
        _at++;
        var text = new StringBuilder();
        while (Current != '"')
        {
            if (End || Current is '\n') throw Error("'\"' is missing at the end of a text", start);
            text.Append(Current == '\\' ? ReadEscape() : _text[_at++]);
        }

        _at++;
        return text.ToString();
    }

    private string ReadTripleQuoted()
    {
        var start = _at;
        var from = _at + 3;
        var end = _text.IndexOf("\"\"\"", from, StringComparison.Ordinal);
        if (end < 0) throw Error("'\"\"\"' is missing at the end of a text", start);

        // further quotes right before the closing ones belong to the text
        while (end + 3 < _text.Length && _text[end + 3] == '"') end++;
        _at = end + 3;
        return _text[from..end];
    }

    private char ReadEscape()
    {
        var start = _at;
        _at += 2;
        switch (Peek(-1))
        {
            case '"': return '"';
            case '\\': return '\\';
            case '/': return '/';
            case 'b': return '\b';
            case 'f': return '\f';
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'u' when _at + 4 <= _text.Length
                          && ushort.TryParse(_text.AsSpan(_at, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var code):
                _at += 4;
                return (char)code;
            default: throw Error($"unknown escape '\\{Peek(-1)}'", start);
        }
    }

    private void SkipBlank(bool commas = false)
    {
        while (!End)
        {
            if (AtComment())
            {
                while (!End && Current != '\n') _at++;
            }
            else if (IsSpace(Current) || Current is '\n' or '\r' || commas && Current == ',')
            {
                _at++;
            }
            else
            {
                return;
            }
        }
    }

    private void SkipSpaces()
    {
        while (IsSpace(Current)) _at++;
    }

    private bool AtComment() => Current == '#' || Current == '/' && Peek(1) == '/';

    private bool AtAppend() => Current == '+' && Peek(1) == '=';

    private static bool IsSpace(char c) => c is not ('\n' or '\r') && (char.IsWhiteSpace(c) || c == '\uFEFF');

    private char Peek(int offset) => _at + offset < _text.Length ? _text[_at + offset] : '\0';

    private int LineOf(int position) => 1 + _text.AsSpan(0, Math.Min(position, _text.Length)).Count('\n');

    private ConfigurationException Error(string message, int position = -1)
    {
        var at = position < 0 ? Math.Min(_at, _text.Length) : position;
        var lineStart = at == 0 ? 0 : _text.LastIndexOf('\n', at - 1) + 1;
        var lineEnd = _text.IndexOf('\n', at);
        var line = _text[lineStart..(lineEnd < 0 ? _text.Length : lineEnd)].Trim();
        return new ConfigurationException($"HOCON line {LineOf(at)}, column {at - lineStart + 1}: {message}. The line is: {line}");
    }
}
