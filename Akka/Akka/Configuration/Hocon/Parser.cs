namespace Akka.Configuration.Hocon;

/// <summary>Reads HOCON text.</summary>
public class Parser
{
    /// <summary>
    /// Parses and resolves a document. Errors are <see cref="ConfigurationException"/>s that name the line.
    /// <paramref name="includeCallback"/> gives included documents by name; without one, files are read.
    /// </summary>
    public static HoconRoot Parse(string text, Func<string, HoconRoot>? includeCallback)
    {
        ArgumentNullException.ThrowIfNull(text);
        var document = new HoconDocument();
        new HoconReader(text, document, new HoconIncludes(includeCallback)).ReadDocument();
        new HoconResolver(document).ResolveAll();
        return new HoconRoot(document.Root, document.Substitutions);
    }
}
