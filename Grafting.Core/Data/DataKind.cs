namespace Grafting.Core.Data;

/// <summary>How samples are written down. The kind of a file is told from its content, not from its name.</summary>
public enum DataKind
{
    /// <summary>LLaVA's JSON: <c>{"id", "image", "conversations": [{"from", "value"}]}</c>, an array or one record per line.</summary>
    Llava,

    /// <summary>ShareGPT's JSON: as LLaVA's, pictures under "images", a system text under "system".</summary>
    ShareGpt,

    /// <summary>OpenAI's JSON: <c>{"messages": [{"role", "content"}]}</c>, content a text or a list of parts.</summary>
    Messages,

    /// <summary>A WebDataset shard: a tar whose neighbouring members of one key are a sample.</summary>
    WebDataset,

    /// <summary>A folder of folders of pictures; a folder's name is what its pictures show.</summary>
    ClassFolders,

    /// <summary>A Parquet file with pictures as structs of bytes and path.</summary>
    Parquet,
}

/// <summary>Names of kinds in messages.</summary>
public static class DataKinds
{
    public static string InWords(this DataKind kind) => kind switch
    {
        DataKind.Llava => "LLaVA JSON",
        DataKind.ShareGpt => "ShareGPT JSON",
        DataKind.Messages => "OpenAI messages",
        DataKind.WebDataset => "WebDataset",
        DataKind.ClassFolders => "folders by class",
        DataKind.Parquet => "Parquet",
        _ => Fault.Unreachable<string>(kind),
    };
}
