using System.Security.Cryptography;
using System.Text;

namespace Grafting.Core.Reporting;

/// <summary>
/// The shell of every page: one file that needs nothing else, has no script, and forbids itself by its own content security policy to load
/// or run anything. Light, dark and on paper.
/// </summary>
public static class HtmlPage
{
    internal static string Style { get; } = ReadStyle();

    static readonly string Policy =
        $"default-src 'none'; img-src data:; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'";

    /// <param name="body">Everything between the tags of the body.</param>
    public static string Render(string title, Markup body) => Markup.Of($"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="{Policy}">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="generator" content="graft">
        <title>{title}</title>
        <style>{new Markup(Style)}</style>
        </head>
        <body>
        {body}
        </body>
        </html>

        """).Text;

    static string ReadStyle()
    {
        using var stream = typeof(HtmlPage).Assembly.GetManifestResourceStream("report.css")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
