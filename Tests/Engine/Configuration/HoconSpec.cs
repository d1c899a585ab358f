using Akka.Configuration;

namespace Mooring.Tests.Engine.ConfigurationSpecs;

public class HoconSpec
{
    [Theory]
    [InlineData("a.b.c = 1", "a.b.c", "1")]
    [InlineData("a { b { c : 1 } }", "a.b.c", "1")]
    [InlineData("{ \"a\" : { \"b\" : 1 } }", "a.b", "1")]
    [InlineData("a.\"b.c\".d = x", "a.\"b.c\".d", "x")]
    [InlineData("a = some words here // and a comment", "a", "some words here")]
    [InlineData("a = \"# not // a comment\" # but this", "a", "# not // a comment")]
    [InlineData("a = \"tab\\tquote\\\"\\u0041\"", "a", "tab\tquote\"A")]
    [InlineData("a = \"\"\"line 1\nline \"2\" \\n\"\"\"", "a", "line 1\nline \"2\" \\n")]
    [InlineData("a = 1\na = 2", "a", "2")]
    [InlineData("a { b = 1 }\na { c = 2 }", "a.b", "1")]
    [InlineData("a\n{\n b =\n 1 }", "a.b", "1")]
    [InlineData("a = 1, b = 2", "b", "2")]
    public void Keys_and_texts_are_read(string hocon, string path, string expected) =>
        Assert.Equal(expected, ConfigurationFactory.ParseString(hocon).GetString(path));

    [Theory]
    [InlineData("a = 1, b = ${a}", "b", "1")]
    [InlineData("b = ${a}, a = 1", "b", "1")]
    [InlineData("a = x, b = \"pre-\"${a}\"-post\"", "b", "pre-x-post")]
    [InlineData("a = x, b = ${a} ${a}", "b", "x x")]
    [InlineData("a = 1, a = ${?nowhere}", "a", "1")]
    [InlineData("path = /bin, path = ${path}\":/usr/bin\"", "path", "/bin:/usr/bin")]
    [InlineData("a { b = 1, c = ${a.b} }", "a.c", "1")]
    [InlineData("a = ${b}, b = ${c}, c = end", "a", "end")]
    [InlineData("a = 1, b = ${a}, a = 2", "b", "2")]
    public void Substitutions_stand_for_the_final_value(string hocon, string path, string expected) =>
        Assert.Equal(expected, ConfigurationFactory.ParseString(hocon).GetString(path));

    [Fact]
    public void An_unset_optional_substitution_leaves_the_key_out()
    {
        var config = ConfigurationFactory.ParseString("a = ${?nowhere}, list = [1, ${?nowhere}, 2]").WithFallback("a = fallback");
        Assert.Equal("fallback", config.GetString("a"));
        Assert.Equal([1, 2], config.GetIntList("list"));
    }

    [Fact]
    public void A_substitution_comes_from_the_environment_when_the_document_has_none()
    {
        Environment.SetEnvironmentVariable("MOORING_SPEC_PORT", "4711");
        var config = ConfigurationFactory.ParseString("port = 1, port = ${?MOORING_SPEC_PORT}");
        Assert.Equal(4711, config.GetInt("port"));
    }

    [Fact]
    public void An_object_is_merged_with_what_a_substitution_brings()
    {
        var config = ConfigurationFactory.ParseString(
            """
            base { x = 1, y = 2 }
            one = ${base} { y = 3 }
            two { z = 4 }
            two = ${base}
            three = ${base}
            three.y = 5
            """);
        Assert.Equal((1, 3), (config.GetInt("one.x"), config.GetInt("one.y")));
        Assert.Equal((2, 4), (config.GetInt("two.y"), config.GetInt("two.z")));
        Assert.Equal((1, 5), (config.GetInt("three.x"), config.GetInt("three.y")));
        Assert.Equal(2, config.GetInt("base.y"));
    }

    [Fact]
    public void Lists_are_read_joined_and_appended_to()
    {
        var config = ConfigurationFactory.ParseString(
            """
            a = [1, 2
                 3]
            b = ${a} [4]
            c += x
            c += y
            d = [{ n = 1 }, { n = 2 }]
            e = [a b, "c"]
            """);
        Assert.Equal([1, 2, 3], config.GetIntList("a"));
        Assert.Equal([1, 2, 3, 4], config.GetIntList("b"));
        Assert.Equal(["x", "y"], config.GetStringList("c"));
        Assert.Equal(2, config.GetValue("d").GetArray()[1].GetObject().GetKey("n").GetInt());
        Assert.Equal(["a b", "c"], config.GetStringList("e"));
    }

    [Theory]
    [InlineData("a = 1\nb = {\n c = 2\n", "line 4", "line 2")]
    [InlineData("a = 1\nb = [1, 2\n", "line 3", "']' is missing")]
    [InlineData("a = 1\n\nb", "line 3", "after the key 'b'")]
    [InlineData("a = 1\nb = ${nowhere.to.be.found}", "line 2", "nowhere.to.be.found")]
    [InlineData("a = 1\nb = http://x", "line 2", "quotes")]
    [InlineData("a = 1\nb = \"text\nc = 2", "line 2", "missing at the end of a text")]
    [InlineData("a = foo {\n b = 1\n}", "HOCON line", "cannot be joined")]
    [InlineData("a = 1\n}", "line 2", "unexpected '}'")]
    [InlineData("a = ${b}\nb = ${a}", "HOCON line", "refers to itself")]
    [InlineData("a { b = ${a} }", "HOCON line", "contains itself")]
    public void Errors_name_the_line(string hocon, string line, string what)
    {
        var e = Assert.Throws<ConfigurationException>(() => ConfigurationFactory.ParseString(hocon));
        Assert.Contains(line, e.Message);
        Assert.Contains(what, e.Message);
    }

    [Fact]
    public void Included_files_are_merged_where_they_stand_and_see_the_document()
    {
        var folder = Directory.CreateTempSubdirectory("hocon-spec");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "inner.conf"), "near = ${own}, own = 1, far = ${top}");
            File.WriteAllText(Path.Combine(folder.FullName, "outer.conf"), "include \"inner.conf\"\nown = 2");
            var outer = Path.Combine(folder.FullName, "outer.conf").Replace("\\", "/");
            var config = ConfigurationFactory.ParseString($"top = 3\nsub {{ include file(\"{outer}\") }}\ninclude \"is-not-there.conf\"");
            Assert.Equal((2, 2, 3), (config.GetInt("sub.own"), config.GetInt("sub.near"), config.GetInt("sub.far")));
            Assert.Throws<ConfigurationException>(() => ConfigurationFactory.ParseString("include required(file(\"is-not-there.conf\"))"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void An_include_callback_and_a_resource_give_documents()
    {
        var config = ConfigurationFactory.ParseString(
            "include \"some\"\na.c = 2", name => ConfigurationFactory.ParseString($"a {{ b = {name} }}").Root is { } root ? new(root) : null!);
        Assert.Equal(("some", 2), (config.GetString("a.b"), config.GetInt("a.c")));
        Assert.Equal("INFO", ConfigurationFactory.ParseString("include classpath(\"Akka.reference.conf\")").GetString("akka.loglevel"));
    }
}
